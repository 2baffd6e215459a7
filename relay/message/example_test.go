package message_test

import (
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/interchange-smtp/interchange/relay/message"
)

func Example() {
	var pool message.Pool
	m, err := pool.Read(strings.NewReader("From: kim@contoso.com\r\nX-Spam: no\r\nSubject: hello\r\n\r\nHi\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	authors, err := m.Header().Authors()
	fmt.Println(authors, err)
	m.Header().Drop("X-Spam")
	if err := m.Header().Prepend("X-Scanned: yes"); err != nil {
		log.Fatal(err)
	}
	text, err := io.ReadAll(m.Open())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(strings.ReplaceAll(string(text), "\r\n", "\n"))
	// Output:
	// [kim@contoso.com] <nil>
	// X-Scanned: yes
	// From: kim@contoso.com
	// Subject: hello
	//
	// Hi
}
