package relay

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/event"
)

// protocolHeader begins the protocol log, as Exchange's files begin.
const protocolHeader = "#Software: Interchange\r\n" +
	"#Version: 1.0\r\n" +
	"#Log-type: SMTP Receive Protocol Log\r\n" +
	"#Date: %s\r\n" +
	"#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\r\n"

// protocolTime is the layout in which Exchange writes times, in UTC.
const protocolTime = "2006-01-02T15:04:05.000Z"

// protocolWriter writes the lines of all conversations, one at a time. It counts
// lines that can't be written and goes on: a full disk may have room again later.
type protocolWriter struct {
	w      io.Writer
	logger *slog.Logger

	mu    sync.Mutex
	begun bool  // the header is written
	torn  bool  // the last line was written in part
	lost  int64 // lines since the last one that was written
}

// write writes one line, and the header before the first.
func (p *protocolWriter) write(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.put(line); err != nil {
		if p.lost++; p.lost == 1 {
			p.logger.Error("protocol log: writing fails, lines are lost", "error", err)
		}
		return
	}
	p.reportLost("protocol log: writing works again")
}

// end logs how many lines are missing at the end.
func (p *protocolWriter) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reportLost("protocol log: the last lines are lost")
}

// reportLost logs how many lines were lost, if any.
func (p *protocolWriter) reportLost(event string) {
	if p.lost > 0 {
		p.logger.Warn(event, "lost", p.lost)
		p.lost = 0
	}
}

// put writes one line, behind a line end if the last line was torn.
func (p *protocolWriter) put(line string) error {
	if !p.begun {
		line = fmt.Sprintf(protocolHeader, time.Now().UTC().Format(protocolTime)) + line
	}
	if p.torn {
		line = "\r\n" + line
	}
	n, err := io.WriteString(p.w, line)
	if err != nil {
		p.torn = p.torn || n > 0
		return err
	}
	p.begun, p.torn = true, false
	return nil
}

// conversation is the protocol log of one session.
type conversation struct {
	out           *protocolWriter
	connector, id string
	local, remote netip.AddrPort
	seq           int
}

// connect logs the begin of the connection and its rights.
func (c *conversation) connect(rights permission.Set) {
	c.write('+', "", "")
	c.rights(rights)
}

// rights logs the rights of the session from now on.
func (c *conversation) rights(rights permission.Set) {
	var names []string
	for r := range rights.All() {
		names = append(names, r.LogName())
	}
	data := strings.Join(names, " ")
	if data == "" {
		data = "None"
	}
	c.write('*', data, "Set Session Permissions")
}

// certified logs the names that the client's certificate proved.
func (c *conversation) certified(names []string) {
	if len(names) > 0 {
		c.write('*', event.Printable(strings.Join(names, " ")), "Verified certificate names")
	}
}

// authenticated logs who the client is from now on, and its rights.
func (c *conversation) authenticated(rules connector.Session) {
	c.rights(rules.Rights())
	c.write('*', event.Printable(rules.Identity().Name), "authenticated")
}

// line logs a line of the conversation.
func (c *conversation) line(event byte, line string) {
	if event == '*' {
		c.write(event, "", line)
		return
	}
	c.write(event, line, "")
}

// disconnect logs the end.
func (c *conversation) disconnect() { c.write('-', "", "") }

// write writes one line in the field order of Exchange.
func (c *conversation) write(event byte, data, context string) {
	var b strings.Builder
	b.WriteString(time.Now().UTC().Format(protocolTime))
	for _, field := range [...]string{
		c.connector, c.id, strconv.Itoa(c.seq), c.local.String(), c.remote.String(), string(event), data, context,
	} {
		b.WriteByte(',')
		b.WriteString(csvField(field))
	}
	b.WriteString("\r\n")
	c.seq++
	c.out.write(b.String())
}

// csvField quotes a field where RFC 4180 asks for it. The name of a connector
// is the administrator's, so it may hold anything.
func csvField(s string) string {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
