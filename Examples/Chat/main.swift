print("Chat")
