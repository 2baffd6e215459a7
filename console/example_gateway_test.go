package console_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/relay/gateway"
)

// A program with a gateway shows its mail in the console, too, and the gateway works by each change at once.
func Example_gateway() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "policy.ps1")
	if err := os.WriteFile(file, []byte("Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	read := func(ctx context.Context) (gateway.Config, error) {
		loaded, err := load.Files(ctx, load.Options{}, file)
		if err != nil {
			return gateway.Config{}, err
		}
		return gateway.Config{Policy: loaded.Policy}, nil
	}

	ctx := context.Background()
	config, err := read(ctx)
	if err != nil {
		log.Fatal(err)
	}
	g := &gateway.Gateway{Config: config, Dir: filepath.Join(dir, "data")}
	if err := g.Start(ctx); err != nil {
		log.Fatal(err)
	}
	defer g.Shutdown(ctx)

	pages, err := console.New(console.Options{
		Files:   []string{file},
		Gateway: g,
		Reload: func(ctx context.Context) error {
			next, err := read(ctx)
			if err != nil {
				return err // the change is taken back, and the page shows the error
			}
			return g.Reload(next)
		},
		Authenticate: user,
		Logger:       slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pages.Close()

	r := httptest.NewRequest(http.MethodGet, "http://localhost/queues", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: "anna"})
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	fmt.Println(w.Result().Status)
	// Output: 200 OK
}

// user says who the user of a request is, by the program's own logon.
func user(r *http.Request) (console.User, error) {
	cookie, err := r.Cookie("session")
	if err != nil {
		return console.User{}, nil // the user isn't logged on, and sees no page
	}
	name := cookie.Value // a real program looks the session up
	return console.User{Name: name, Role: console.Change}, nil
}
