package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector"
)

// send has the client of d send a message to HubA, and returns the result.
func (w *world) send(d dialog) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := w.deliver(ctx, d)
	var reply *smtp.SMTPError
	switch {
	case errors.As(err, &reply):
		c := reply.EnhancedCode
		return fmt.Sprintf("%d %d.%d.%d %s", reply.Code, c[0], c[1], c[2], reply.Message)
	case err != nil:
		return err.Error()
	}
	select {
	case text := <-w.arrived:
		return text
	case <-ctx.Done():
		return "accepted, but nothing arrived"
	}
}

func (w *world) deliver(ctx context.Context, d dialog) error {
	conn, err := w.network.Dial(ctx, d.remote, netip.AddrPortFrom(hubAddr, 25))
	if err != nil {
		return err
	}
	client := smtp.NewClient(conn)
	if d.user != "" {
		config := &tls.Config{RootCAs: w.ca.Pool(), ServerName: "huba.fabrikam.com"}
		if client, err = smtp.NewClientStartTLS(conn, config); err != nil {
			return err
		}
		if err := client.Auth(sasl.NewPlainClient("", d.user, password)); err != nil {
			return err
		}
	}
	defer client.Close()
	message := "From: <" + d.from + ">\r\nTo: <" + d.to + ">\r\nSubject: " + d.what + "\r\n\r\nHello.\r\n"
	if err := client.SendMail(d.from, []string{d.to}, strings.NewReader(message)); err != nil {
		return err
	}
	_ = client.Quit() // the message is accepted, whatever happens to the connection
	return nil
}

// print prints what the policy decides about a dialog, with its reasons.
func print(out io.Writer, d dialog, walk connector.Walkthrough) {
	fmt.Fprintf(out, "\n-- %s: %s, <%s> to <%s>\n", d.what, d.remote, d.from, d.to)
	fmt.Fprintf(out, "   connector:   %s\n", walk.Session.Inbound().Name())
	fmt.Fprintf(out, "   session:     %s\n", walk.Session.Identity())
	for _, stage := range walk.Stages {
		if stage.Name != connector.StageMail && stage.Name != connector.StageRcpt {
			continue
		}
		fmt.Fprintf(out, "   %-12s %s\n", stage.Name+":", stage.Reply)
		for step := range stage.Trace.All() {
			fmt.Fprintf(out, "      %s\n", step)
		}
	}
	for _, r := range walk.Routes {
		fmt.Fprintf(out, "   route:       %s (%s)\n", r.Outbound.Name(), r.Space)
	}
}
