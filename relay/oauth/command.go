package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/internal/withhold"
)

const (
	// commandTimeout is how long a command may run.
	commandTimeout = 30 * time.Second
	// commandGrace is how long processes that the command has started may keep its output
	// open when it has ended.
	commandGrace = time.Second
)

// commandGrant is the grant Command.
type commandGrant struct{ args []string }

func (g commandGrant) fetch(ctx context.Context) (*token, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.args[0], g.args[1:]...)
	cmd.WaitDelay = commandGrace
	out, complaint := &bounded{limit: maxToken}, &bounded{limit: maxWords}
	cmd.Stdout, cmd.Stderr = out, complaint
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) { // it has ended; a process that it started has not
		err = nil
	}
	p := parsePrinted(out.text)
	failed := func(format string, args ...any) (*token, error) {
		return nil, &Error{Cause: CauseCommand, Detail: fmt.Sprintf("the command %s ", words(g.args[0])) + fmt.Sprintf(format, args...),
			Cure: "run it as the user that runs the gateway", Err: err}
	}
	switch {
	case ctx.Err() != nil:
		return failed("didn't end within %s", commandTimeout)
	case out.cut:
		return failed("prints more than %d bytes", maxToken)
	case err != nil && len(complaint.text) > 0:
		return failed("fails: %s: %s", words(err.Error()), complaintOf(string(complaint.text), p.access))
	case err != nil:
		return failed("fails: %s", words(err.Error()))
	}
	t, err := accept(p.access, "", p.expires)
	if err != nil {
		return failed("prints no token: %s", err)
	}
	return t, nil
}

// complaintOf returns the standard error of a command, text, without lines of a shell's
// trace, which show the secrets that a script passes on. access is the token that it has printed.
func complaintOf(text, access string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "+") {
			kept = append(kept, line)
		}
	}
	text = strings.Join(kept, "")
	if !strings.ContainsAny(access, " \t\n") && withhold.Repeats(text, access) {
		return withheld
	}
	return words(text)
}

// bounded is a buffer that drops everything after limit bytes.
type bounded struct {
	text  []byte
	limit int
	cut   bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.limit-len(b.text))
	b.text, b.cut = append(b.text, p[:n]...), b.cut || n < len(p)
	return len(p), nil
}

// printed is a token that a command has printed.
type printed struct {
	access  string
	expires time.Time // zero: not known
}

// parsePrinted reads the output of a command: the token alone, or a JSON object as token servers
// and the command az have it.
func parsePrinted(out []byte) printed {
	text := strings.TrimSpace(string(out))
	var fields struct {
		AccessToken string      `json:"access_token"`
		ExpiresIn   json.Number `json:"expires_in"`
		Token       string      `json:"accessToken"`
		ExpiresOn   json.Number `json:"expires_on"` // az: seconds since 1970
	}
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &fields) != nil {
		return printed{access: text}
	}
	p := printed{access: fields.AccessToken + fields.Token}
	if in, err := strconv.ParseInt(fields.ExpiresIn.String(), 10, 32); err == nil && in > 0 {
		p.expires = time.Now().Add(time.Duration(in) * time.Second)
	} else if on, err := strconv.ParseInt(fields.ExpiresOn.String(), 10, 64); err == nil && on > 0 {
		p.expires = time.Unix(on, 0)
	}
	return p
}
