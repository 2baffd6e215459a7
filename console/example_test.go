package console_test

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/console"
)

// A program mounts the console under a path of its own, and says itself who its users are.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "policy.ps1")
	if err := os.WriteFile(file, []byte("New-AcceptedDomain -Name Contoso -DomainName contoso.com\n"), 0o600); err != nil {
		log.Fatal(err)
	}

	pages, err := console.New(console.Options{
		Files: []string{file},
		Base:  "/mail",
		Authenticate: func(*http.Request) (console.User, error) {
			return console.User{Name: "anna", Role: console.View}, nil // the program knows its users
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pages.Close()
	mux := http.NewServeMux()
	mux.Handle("/mail/", pages)

	server := httptest.NewServer(mux)
	defer server.Close()
	answer, err := http.Get(server.URL + "/mail/")
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Status, strings.Contains(string(page), "<h1>Overview</h1>"))
	// Output: 200 OK true
}
