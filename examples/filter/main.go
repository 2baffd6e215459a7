// Command filter is a gateway that looks for phrases in the mail it passes on, and says in
// a header field which it found:
//
//	filter -phrases phrases.txt connectors.ps1
//
// There is no queue: the client gets 250 when the next hop has accepted the message.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/message"
)

// field is the field that the filter adds. What clients write in it is removed.
const field = "X-Phrases"

func main() {
	phrases := flag.String("phrases", "phrases.txt", "`FILE` with a phrase in each line")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *phrases, flag.Args()...); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, phrases string, policy ...string) error {
	loaded, err := load.Files(ctx, load.Options{}, policy...)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(phrases)
	if err != nil {
		return err
	}
	f := &filter{}
	for line := range strings.FieldsFuncSeq(strings.ToLower(string(text)), func(r rune) bool { return r == '\n' || r == '\r' }) {
		f.phrases = append(f.phrases, line)
	}
	g := &gateway.Gateway{Config: gateway.Config{Policy: loaded.Policy}, Logger: slog.Default()}
	g.Server.Hooks = []relay.Hooks{{Message: f.message}}
	return g.Run(ctx)
}

// filter finds phrases in messages.
type filter struct{ phrases []string } // in lower case

// message is called with each message before it is passed on. An error would refuse it.
func (f *filter) message(_ context.Context, _ *relay.Envelope, m *message.Message) error {
	found, err := f.find(m.Body())
	if err != nil {
		return err
	}
	m.Header().Drop(field)
	if len(found) == 0 {
		return nil
	}
	return m.Header().Prepend(field + ": " + strings.Join(found, "; "))
}

// find returns the phrases in the text of r. It doesn't decode base64.
func (f *filter) find(r io.Reader) (found []string, err error) {
	remaining := f.phrases
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadSlice('\n') // of a long line, one part after the other
		text, later := string(bytes.ToLower(line)), []string(nil)
		for _, phrase := range remaining {
			if strings.Contains(text, phrase) {
				found = append(found, phrase)
			} else {
				later = append(later, phrase)
			}
		}
		remaining = later
		switch {
		case errors.Is(err, io.EOF):
			return found, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
