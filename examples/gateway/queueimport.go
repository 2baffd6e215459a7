package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// maxEnvelope bounds the file with an envelope, in bytes: a request has at most 1 MiB.
const maxEnvelope = 1 << 20

// importFiles puts messages on the queue that export wrote.
func (c *cli) importFiles(ctx context.Context, f *queueFlags, files []string) int {
	if len(files) == 0 {
		return c.invalid(errors.New("give the files that export wrote, ID.eml with ID.json beside it, or their directory"))
	}
	if !f.Filter.IsZero() {
		return c.invalid(errors.New("queue import takes no filters; name the files"))
	}
	stems, err := stemsOf(files)
	if err != nil {
		return c.invalid(err)
	}
	code, done := exitOK, 0
	for _, stem := range stems {
		id, err := c.importFile(ctx, f, stem)
		if err != nil {
			fmt.Fprintf(c.stderr, "gateway queue: %s: %v\n", stem, err)
			code = max(code, exitOf(err))
			continue
		}
		done++
		if !f.json {
			fmt.Fprintln(c.stdout, id)
		}
	}
	p := jsonPrinter{enc: json.NewEncoder(c.stdout), changes: true}
	if f.json {
		return max(code, c.queueFailed(p.end(done)))
	}
	fmt.Fprintln(c.stdout, count(done, "message")+" imported")
	return code
}

// stemsOf returns the names of the files without .eml and .json, each once: a message has both. For a directory it returns
// those of the .eml files in it.
func stemsOf(files []string) ([]string, error) {
	var stems []string
	seen := make(map[string]bool)
	for _, name := range files {
		names := []string{name}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			entries, err := os.ReadDir(name)
			if err != nil {
				return nil, err
			}
			names = nil
			for _, e := range entries {
				if filepath.Ext(e.Name()) == ".eml" {
					names = append(names, filepath.Join(name, e.Name()))
				}
			}
		}
		for _, name := range names {
			stem := strings.TrimSuffix(strings.TrimSuffix(name, ".eml"), ".json")
			if !seen[stem] {
				seen[stem] = true
				stems = append(stems, stem)
			}
		}
	}
	return stems, nil
}

// importFile imports the message in stem.json and stem.eml, and returns its ID.
func (c *cli) importFile(ctx context.Context, f *queueFlags, stem string) (id string, err error) {
	m, err := readEnvelope(stem + ".json")
	if err != nil {
		return "", fmt.Errorf("the envelope of the message can't be read: %w", source.FileError(stem+".json", err))
	}
	content, err := os.Open(stem + ".eml")
	if err != nil {
		return "", source.FileError(stem+".eml", err)
	}
	defer content.Close()
	info, err := content.Stat()
	if err != nil {
		return "", source.FileError(stem+".eml", err)
	}
	m.Size = info.Size()
	if f.again {
		m.ID = envelope.NewID()
	}
	for e, err := range c.ask(ctx, f.data, control.Request{Action: control.Import, Message: m}, content) {
		switch {
		case err != nil && strings.Contains(err.Error(), queue.ErrExists.Error()):
			return "", fmt.Errorf("the message %s is on the queue, or was a short while ago; -again imports it under a new ID, so that it is sent once more", m.ID)
		case err != nil:
			return "", err
		case e.Problem != "":
			return "", errors.New(e.Problem)
		}
	}
	return m.ID, nil
}

// readEnvelope reads a message without its content.
func readEnvelope(name string) (*queue.Message, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxEnvelope+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxEnvelope:
		return nil, fmt.Errorf("it has more than %d bytes", maxEnvelope)
	}
	m := new(queue.Message)
	return m, json.Unmarshal(text, m)
}
