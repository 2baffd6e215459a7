package tracking_test

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/internal/logfile"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// text returns a log of lines.
func text(t testing.TB, all lines) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("#Fields: " + tracking.Fields() + "\r\n")
	w := csv.NewWriter(&b)
	for _, cells := range all {
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return b.String()
}

// parse reads lines back.
func parse(t testing.TB, all lines) (rows []*tracking.Row) {
	t.Helper()
	for r, err := range tracking.Read(strings.NewReader(text(t, all))) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

// Logs of three editions of Exchange, with made-up names.
const (
	of2007 = "#Software: Microsoft Exchange Server\r\n#Version: 8.0.0.0\r\n#Log-type: Message Tracking Log\r\n#Date: 2007-11-30T09:00:00.000Z\r\n" +
		"#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,internal-message-id,message-id,recipient-address,recipient-status," +
		"total-bytes,recipient-count,related-recipient-address,reference,message-subject,sender-address,return-path,message-info\r\n" +
		"2007-11-30T09:14:03.120Z,10.2.9.7,scanner,10.2.3.4,EX01,08C9,EX01\\Default EX01,SMTP,RECEIVE,17,<1@contoso.com>,kim@fabrikam.com;lee@fabrikam.com,,1234,2,,,\"Betreff, MIT Komma\",ceo@contoso.com,ceo@contoso.com,00A:\r\n"
	of2010 = "2010-11-30T09:14:03.120Z,10.2.9.7,scanner,10.2.3.4,EX01,08C9,EX01\\Default EX01,SMTP,SEND,17,<1@contoso.com>,kim@fabrikam.com,250 2.1.5 Recipient OK,1234,1,,,Hello,ceo@contoso.com," +
		"ceo@contoso.com,2010-11-30T09:14:00.000Z,Incoming,,10.9.9.9,10.2.3.4,S:A=b\r\n"
	of2019 = "\ufeff#SOFTWARE: Microsoft Exchange Server\r\n#FIELDS: DATE-TIME,EVENT-ID,NETWORK-MESSAGE-ID,new-field,RECIPIENT-ADDRESS,RECIPIENT-STATUS,CUSTOM-DATA\r\n" +
		"2026-11-30T09:14:03.120Z,FAIL,6F1C5B9E-0000-4000-8000-00000000000A,x,kim@fabrikam.com,[{LED=550 4.4.7 QUEUE.Expired; message expired};{MSG=};{FQDN=}],S:DeliveryPriority=Normal;S:E2ELatency=3\r\n"
)

// TestReadExchange: logs of Exchange are read by their fields, or by how many there are.
func TestReadExchange(t *testing.T) {
	read := func(text string) *tracking.Row {
		t.Helper()
		for r, err := range tracking.Read(strings.NewReader(text)) {
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		t.Fatal("no row")
		return nil
	}
	r := read(of2007)
	if r.MessageSubject != "Betreff, MIT Komma" || len(r.Recipients) != 2 || r.RecipientCount != 2 || r.TotalBytes != 1234 || r.InternalMessageId != "17" || r.ConnectorId != `EX01\Default EX01` ||
		!r.Timestamp.Equal(time.Date(2007, 11, 30, 9, 14, 3, 120e6, time.UTC)) || r.MessageInfo != "00A:" {
		t.Errorf("2007: %+v", r)
	}
	without := of2007[strings.LastIndex(of2007[:len(of2007)-2], "\n")+1:]
	if got := read(without); got.MessageSubject != r.MessageSubject || got.MessageInfo != "00A:" {
		t.Errorf("2007 without #Fields: %+v", got)
	}
	if r := read(of2010); r.EventId != "SEND" || r.Directionality != "Incoming" || r.OriginalClientIp != "10.9.9.9" || r.Custom("a") != "b" || r.Status(0) != "250 2.1.5 Recipient OK" {
		t.Errorf("2010: %+v", r)
	}
	if r := read(of2019); r.EventId != "FAIL" || r.Status(0) != "[{LED=550 4.4.7 QUEUE.Expired; message expired};{MSG=};{FQDN=}]" || r.Custom("E2ELatency") != "3" {
		t.Errorf("2019: %+v", r)
	}
}

// TestReadDamaged: a damaged line costs no other, and is named.
func TestReadDamaged(t *testing.T) {
	log := of2010 + "rubbish\r\n" + of2010 + `"never, ends` + "\r\n" + strings.Replace(of2010, "2010-11-30T", "today ", 1) + strings.Replace(of2010, ",1234,", ",many,", 1) +
		strings.Repeat("x", 5<<20) + "\r\n" + strings.TrimSuffix(of2010, "\r\n")
	rows, bad := 0, []string{}
	for r, err := range tracking.Read(strings.NewReader(log)) {
		if err != nil {
			if !errors.As(err, new(*tracking.LineError)) {
				t.Fatal(err)
			}
			bad = append(bad, err.Error())
		} else if r.EventId == "SEND" {
			rows++
		}
	}
	want := []string{"line 2: 1 values, and no line #Fields before", "line 4: ", "line 5: date-time: ", `line 6: total-bytes: "many" is not a number`, "line 7: the line is too long"}
	if rows != 3 || len(bad) != len(want) {
		t.Fatalf("%d rows, errors %q", rows, bad)
	}
	for i := range want {
		if !strings.HasPrefix(bad[i], want[i]) {
			t.Errorf("%q, want %q", bad[i], want[i])
		}
	}
	for _, err := range tracking.Read(io.MultiReader(strings.NewReader(of2010), failing{})) {
		if err != nil && err != errFailing {
			t.Error(err)
		}
	}
}

var errFailing = errors.New("disk broken")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errFailing }

// written writes events as the gateway does, and returns the directory.
func written(t *testing.T, events ...event.Event) string {
	t.Helper()
	dir := t.TempDir()
	out := logfile.New(logfile.Format{
		Name: "message tracking", Prefix: tracking.Prefix, Type: tracking.Type, Version: tracking.Version, Fields: tracking.Fields(), MaxCell: tracking.MaxCell,
	}, logfile.Settings{Dir: dir}, func(trouble logfile.Trouble) { t.Error(trouble.Err) })
	log := &tracking.Log{Server: "EX01", Host: "ex01.contoso.com", Write: out.Write}
	for _, e := range events {
		log.Read(context.Background(), e)
	}
	log.Close()
	if err := out.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The subjects that readers of the log get wrong.
var subjects = []string{`Betreff, mit Komma`, `say "hi", then ""`, "Grüße, Jörg €", "\"", ",", "=1+1", "", "#Fields: date-time"}

// TestOtherReaders: Go's and Python's csv read the log back as this package does.
func TestOtherReaders(t *testing.T) {
	var events []event.Event
	for _, s := range subjects {
		e := ceo(event.MessageAccepted, "kim@fabrikam.com")
		e.Subject = s
		events = append(events, e)
	}
	dir := written(t, events...)
	files, err := tracking.Open(dir)
	if err != nil || len(files) != 1 || !strings.HasPrefix(filepath.Base(files[0]), "MSGTRK") {
		t.Fatalf("%q, %v", files, err)
	}
	var own []string
	for r, err := range files.Rows(time.Time{}, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, r.MessageSubject)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(content), "\r\n")
	body := strings.Join(lines[5:], "\r\n") // Import-Csv drops the header by its "#"
	records, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range subjects {
		if own[i] != s || records[i][18] != s || len(records[i]) != 30 {
			t.Errorf("%q: this package reads %q, Go's csv %q of %d values", s, own[i], records[i][18], len(records[i]))
		}
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("INTERCHANGE_E2E") == "1" {
			t.Fatal(err)
		}
		t.Skip("there is no python3")
	}
	const program = `import csv, sys
lines = [l for l in open(sys.argv[1], encoding="utf-8-sig", newline="") if not l.startswith("#")]
names = [l for l in open(sys.argv[1], encoding="utf-8-sig") if l.startswith("#Fields: ")][0].strip()[len("#Fields: "):].split(",")
for row in csv.DictReader(lines, fieldnames=names, strict=True):
    sys.stdout.buffer.write((row["message-subject"] + "\t" + row["schema-version"] + "\n").encode())
`
	out, err := exec.Command(python, "-c", program, files[0]).Output()
	if want := strings.Join(subjects, "\t"+tracking.Version+"\n") + "\t" + tracking.Version + "\n"; err != nil || string(out) != want {
		t.Errorf("Python reads %q, %v; want %q", out, err, want)
	}
}

// FuzzRead: a line is read as a row or named, and what was read is written and read as the same again.
func FuzzRead(f *testing.F) {
	f.Add(of2007)
	f.Add(of2010)
	f.Add(of2019)
	f.Add("#Fields: date-time,date-time\r\n2026-11-30T09:14:03Z,2026-11-30T09:14:03+01:00\r\n")
	f.Add("#Fields:\r\n\r\n\"\r\n")
	f.Fuzz(func(t *testing.T, log string) {
		for r, err := range tracking.Read(strings.NewReader(log)) {
			if (r == nil) == (err == nil) {
				t.Fatalf("%v, %v", r, err)
			}
			if err != nil || r.Timestamp.Year() < 0 || r.Timestamp.Year() > 9999 || strings.ContainsAny(strings.Join(r.Cells(), ""), "\r\n") {
				continue
			}
			again := parse(t, lines{r.Cells()})
			if strings.Join(again[0].Cells(), "\x00") != strings.Join(r.Cells(), "\x00") {
				t.Errorf("%q has become %q", r.Cells(), again[0].Cells())
			}
		}
	})
}
