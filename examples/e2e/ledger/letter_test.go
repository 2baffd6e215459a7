package ledger

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

// The header field with the number of the letter and the checksum of its body.
const field = "X-Ledger"

// write returns the letter as a client sends it, of about size bytes.
func (m *letter) write(size int) []byte {
	rng := rand.New(rand.NewPCG(uint64(m.number), uint64(size)))
	var body bytes.Buffer
	for body.Len() < size {
		fmt.Fprintf(&body, ".%d %s\r\n", rng.Uint64(), strings.Repeat("ledger ", rng.IntN(9)))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: <%s>\r\nSubject: letter %d\r\n%s: %d %d %x\r\n\r\n", m.from(), m.number, field, m.number, body.Len(), sha256.Sum256(body.Bytes()))
	b.Write(body.Bytes())
	return b.Bytes()
}

// from returns the sender of the letter, which no other letter has.
func (m *letter) from() string { return fmt.Sprintf("m%d@%s", m.number, senders) }

var (
	ledgerField   = regexp.MustCompile(`(?m)^` + field + `: (\d+) (\d+) ([0-9a-f]{64})\r?$`)
	receivedID    = regexp.MustCompile(`(?m)^Received: [^\n]*(?:\n[ \t][^\n]*)*?\s+id ([A-Z0-9]+)`)
	finalRcpt     = regexp.MustCompile(`(?mi)^Final-Recipient: (?:rfc822|utf-8); *(\S+)\r?\n(?:[^\r\n]+\r?\n)*?Action: failed\r?$`)
	messageID     = regexp.MustCompile(`(?mi)^Message-ID: *<([^@>]+)`)
	acknowledged  = regexp.MustCompile(`InternalId=([A-Z0-9]+)`)
	senderAddress = regexp.MustCompile(`^m(\d+)@`)
)

// read returns the number of a letter that arrived, and the gateway's ID of
// it. torn says what is wrong with the content.
func read(data []byte) (number int, transaction, torn string) {
	found := ledgerField.FindSubmatch(data)
	if found == nil {
		return -1, "", ""
	}
	number, _ = strconv.Atoi(string(found[1])) // digits
	size, _ := strconv.Atoi(string(found[2]))
	if id := receivedID.FindSubmatch(data); id != nil {
		transaction = string(id[1])
	}
	_, body, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	switch {
	case len(body) != size:
		torn = fmt.Sprintf("%d bytes, sent were %d", len(body), size)
	case fmt.Sprintf("%x", sha256.Sum256(body)) != string(found[3]):
		torn = "the content differs"
	}
	return number, transaction, torn
}

// readReport returns the letter and the recipients that a delivery report is about,
// and the ID of the report.
func readReport(data []byte) (number int, to []string, transaction string) {
	for _, found := range finalRcpt.FindAllSubmatch(data, -1) {
		to = append(to, string(found[1]))
	}
	number = -1
	if id := messageID.FindSubmatch(data); id != nil {
		transaction = string(id[1])
	}
	if found := ledgerField.FindSubmatch(data); found != nil {
		number, _ = strconv.Atoi(string(found[1]))
	}
	return number, to, transaction
}
