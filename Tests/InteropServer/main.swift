print("InteropServer")
