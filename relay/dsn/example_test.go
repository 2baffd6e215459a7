package dsn_test

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

func Example() {
	notify := envelope.NotifyFailure // of RCPT
	if !dsn.Wants(notify, dsn.Failed) {
		return
	}
	original := "Message-ID: <1@contoso.com>\r\nSubject: hello\r\n\r\nHow are you?\r\n"
	r := dsn.Report{
		Kind:       dsn.Failed,
		Postmaster: routing.MustParseAddress("postmaster@contoso.com"),
		MTA:        "relay.contoso.com",
		Arrived:    time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Recipients: []dsn.Recipient{{
			Recipient: envelope.Recipient{To: routing.MustParseAddress("lee@fabrikam.com")},
			Host:      "mx.fabrikam.com",
			Reply:     "550 5.1.1 User unknown",
		}},
		Original: envelope.Envelope{From: routing.MustParseAddress("kim@contoso.com"), Size: int64(len(original))},
		MaxSize:  10 << 20,
	}
	message, err := r.Reader(strings.NewReader(original))
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := mail.ReadMessage(message)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("Subject:", m.Header.Get("Subject"))
	_, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		text, _ := io.ReadAll(part)
		fmt.Printf("-- %s\n%s\n", part.Header.Get("Content-Type"), strings.ReplaceAll(string(text), "\r", ""))
	}
	// Output:
	// Subject: Undeliverable: your message was not delivered
	// -- text/plain; charset=us-ascii
	// This is the mail system of relay.contoso.com.
	//
	// Your message could not be delivered to the recipients listed here. It will
	// not be tried again.
	//
	// <lee@fabrikam.com>
	//     The host mx.fabrikam.com said:
	//     550 5.1.1 User unknown
	//
	//     Please look for mistakes in the address, correct it and send the message
	//     again.
	//
	// If you need help, write to <postmaster@contoso.com>. The attachments contain
	// the technical details and the header of your message.
	//
	// -- message/delivery-status
	// Reporting-MTA: dns; relay.contoso.com
	// Arrival-Date: Sun, 01 Mar 2026 12:00:00 +0000
	//
	// Final-Recipient: rfc822; lee@fabrikam.com
	// Action: failed
	// Status: 5.1.1
	// Remote-MTA: dns; mx.fabrikam.com
	// Diagnostic-Code: smtp; 550 5.1.1 User unknown
	//
	// -- message/rfc822
	// Message-ID: <1@contoso.com>
	// Subject: hello
	//
	// How are you?
}
