// Go's net/http and gorilla/websocket beside ours, both Debian's:
// GO111MODULE=off GOPATH=/usr/share/gocode go build main.go
// Usage: main PORT
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/gorilla/websocket"
)

func upgrader(deflates bool) *websocket.Upgrader {
	return &websocket.Upgrader{
		ReadBufferSize:    4096,
		WriteBufferSize:   4096,
		CheckOrigin:       func(*http.Request) bool { return true },
		EnableCompression: deflates,
	}
}

func echo(deflates bool) http.HandlerFunc {
	upgrader := upgrader(deflates)
	return func(response http.ResponseWriter, request *http.Request) {
		socket, err := upgrader.Upgrade(response, request, nil)
		if err != nil {
			return
		}
		defer socket.Close()
		for {
			kind, message, err := socket.ReadMessage()
			if err != nil || socket.WriteMessage(kind, message) != nil {
				return
			}
		}
	}
}

// A connection takes one writer at a time.
type member struct {
	socket *websocket.Conn
	writes sync.Mutex
}

// Everybody is in it, and each message goes to all, the sender too. A prepared message is
// encoded, and compressed, once.
type room struct {
	members map[*member]struct{}
	changes sync.RWMutex
}

func (room *room) publish(kind int, message []byte) {
	prepared, err := websocket.NewPreparedMessage(kind, message)
	if err != nil {
		return
	}
	room.changes.RLock()
	defer room.changes.RUnlock()
	for member := range room.members {
		member.writes.Lock()
		member.socket.WritePreparedMessage(prepared)
		member.writes.Unlock()
	}
}

func serveRoom(deflates bool) http.HandlerFunc {
	upgrader := upgrader(deflates)
	room := &room{members: map[*member]struct{}{}}
	return func(response http.ResponseWriter, request *http.Request) {
		socket, err := upgrader.Upgrade(response, request, nil)
		if err != nil {
			return
		}
		member := &member{socket: socket}
		room.changes.Lock()
		room.members[member] = struct{}{}
		room.changes.Unlock()
		defer func() {
			room.changes.Lock()
			delete(room.members, member)
			room.changes.Unlock()
			socket.Close()
		}()
		for {
			kind, message, err := socket.ReadMessage()
			if err != nil {
				return
			}
			room.publish(kind, message)
		}
	}
}

func main() {
	http.HandleFunc("/echo", echo(false))
	http.HandleFunc("/deflate", echo(true))
	http.HandleFunc("/room", serveRoom(false))
	http.HandleFunc("/room-deflate", serveRoom(true))
	http.HandleFunc("/plain", func(response http.ResponseWriter, request *http.Request) {
		response.Header()["Content-Type"] = []string{"text/plain"}
		io.WriteString(response, "Hello, World!")
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
