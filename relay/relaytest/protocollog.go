package relaytest

import (
	"encoding/csv"
	"io"
	"strings"
	"sync"

	"github.com/interchange-smtp/interchange/relay/event"
)

// ProtocolLog returns a function for the ProtocolLog of a relay.Server or a delivery.Sender, which
// writes the lines to w at once, in Exchange's form. kind is Receive or Send.
func ProtocolLog(w io.Writer, kind string) func(event.Line) {
	var mu sync.Mutex
	out := csv.NewWriter(w)
	out.UseCRLF = true
	header := sync.OnceFunc(func() {
		_, _ = io.WriteString(w, strings.Join([]string{ // a test sees what is missing
			"#Software: Interchange", "#Version: 15.0.0.0", "#Log-type: SMTP " + kind + " Protocol Log", "#Fields: " + event.LineFields, ""}, "\r\n"))
	})
	return func(l event.Line) {
		mu.Lock()
		defer mu.Unlock()
		header()
		_ = out.Write(l.Cells()) // likewise
		out.Flush()
	}
}
