package console

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/relay/gateway/queues"
	"github.com/interchange-smtp/interchange/routing"
)

// shownCommands matches the commands on a page.
var shownCommands = regexp.MustCompile(`(?s)<div class="commands"><pre tabindex="0"><code>(.*?)</code>`)

// TestCommandsDoTheSame: the commands that the console shows ask the gateway for the same changes when a shell runs them.
func TestCommandsDoTheSame(t *testing.T) {
	for _, tt := range []struct {
		page    string
		actions []queueAction
		form    []string
	}{
		{"/queues", queueActions, []string{"id", "Internet contoso.com"}},
		{"/queues", queueActions, []string{"which", "all", "query", "p=NextHopDomain&o=like&v=contoso"}},
		{"/queues", queueActions, []string{"which", "all"}},
		{"/messages", messageActions, []string{"id", "L6HP0001 Internet contoso.com", "id", "L6HP0002 Internet contoso.com"}},
		{"/messages", messageActions, []string{"which", "all", "query", "p=Subject&o=like&v=Invoice"}},
		{"/messages", messageActions, []string{"which", "all"}},
	} {
		for _, action := range tt.actions {
			g := newFakeGateway(3)
			g.suspend(0, action.Name == "resume")
			g.suspend(1, action.Name == "resume")
			b := newTester(t, relayed, withGateway(g))
			form := append([]string{"do", action.Name, "to", "Internet", "sure", "yes"}, tt.form...)
			b.expect(b.post(tt.page, form...), http.StatusOK)
			did := g.changed()
			commands := html.UnescapeString(shownCommands.FindStringSubmatch(b.get("/history").body)[1])
			if did == "" || commands == "" {
				t.Fatalf("%s %s: did %q, %q", tt.page, action.Name, did, commands)
			}
			if strings.HasPrefix(commands, "# Exchange has no cmdlet") {
				continue
			}
			in := shell.New(shell.Options{Server: routing.Server{Name: "localhost"}, Queues: &queues.Live{Ask: g.Do, Now: b.console.now}})
			if err := in.Run(t.Context(), "shown", []byte(commands)); err != nil {
				t.Errorf("%s: %v", commands, err)
			}
			if again := g.changed(); merged(again) != merged(did) {
				t.Errorf("%s %s %v: the console did %s;\n%s\ndid %s", tt.page, action.Name, tt.form, did, commands, again)
			}
		}
	}
}

// merged returns changes with the messages of equal ones counted together: the console changes several at once, and a
// cmdlet in a pipeline one after the other.
func merged(changes string) string {
	messages := make(map[string]int)
	for change := range strings.SplitSeq(changes, "; ") {
		kind, n := change, 1
		if m := idCount.FindStringSubmatch(change); m != nil {
			kind = strings.Replace(change, m[0], "", 1)
			n, _ = strconv.Atoi(m[1])
		}
		messages[kind] += n
	}
	return fmt.Sprint(messages)
}

// idCount matches the number of messages in a change.
var idCount = regexp.MustCompile(` (\d+)\b`)
