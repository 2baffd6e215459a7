package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
)

var nine = time.Date(2026, 11, 30, 9, 14, 0, 0, time.UTC)

// fakeQueues holds queues in memory, and what was changed.
type fakeQueues struct {
	queues   []operations.Queue
	messages []operations.Message
	changes  []string
	failure  error
}

func newFakeQueues() *fakeQueues {
	return &fakeQueues{
		queues: []operations.Queue{
			{Name: "Internet contoso.com", DeliveryType: "DnsConnectorDelivery", NextHopDomain: "contoso.com", NextHopConnector: "Internet", Status: "Retry",
				Messages: 2, Failures: 3, LastError: "mx1.contoso.com: 451 4.7.1 Later", LastRetry: nine, NextRetry: nine.Add(time.Minute), OutgoingRate: 0.5, IncomingRate: 2},
			{Name: "Internet fabrikam.com", DeliveryType: "DnsConnectorDelivery", NextHopDomain: "fabrikam.com", NextHopConnector: "Internet", Status: "Active", Messages: 1},
			{Name: "Unreachable", DeliveryType: "Unreachable", NextHopDomain: "Unreachable Domain", Status: "Ready"},
		},
		messages: []operations.Message{
			{ID: "AAAA", Queue: "Internet contoso.com", Status: "Retry", From: "ann@fabrikam.com", Size: 2048, Received: nine, Recipients: []operations.Recipient{{Address: "a@contoso.com"}}},
			{ID: "BBBB", Queue: "Internet contoso.com", Status: "Suspended", From: "bob@fabrikam.com", Size: 4096, Received: nine.Add(time.Minute)},
			{ID: "AAAA", Queue: "Internet fabrikam.com", Status: "Active", From: "ann@fabrikam.com", Size: 2048, Received: nine},
		},
	}
}

func (f *fakeQueues) Queues(context.Context) ([]operations.Queue, error) { return f.queues, f.failure }

func (f *fakeQueues) Messages(_ context.Context, s operations.Selection) iter.Seq2[operations.Message, error] {
	return func(yield func(operations.Message, error) bool) {
		for _, m := range f.messages {
			if s.Queue != "" && s.Queue != m.Queue || len(s.IDs) > 0 && !slices.Contains(s.IDs, m.ID) {
				continue
			}
			if !yield(m, nil) {
				return
			}
		}
	}
}

func (f *fakeQueues) Change(_ context.Context, a operations.Action, s operations.Selection) (int, error) {
	f.changes = append(f.changes, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", a.Do, a.Target, s.Queue, strings.Join(s.IDs, ","))))
	return 1, f.failure
}

func (f *fakeQueues) Content(_ context.Context, id string) ([]byte, error) {
	return []byte("Subject: " + id + "\r\n\r\n"), nil
}

// withQueues returns a driver with f.
func withQueues(f *fakeQueues) *driver {
	o := exchange.NewOrg(exchange.Options{Server: hubA, Bare: true})
	o.Queues = f
	return newDriver(o)
}

// TestGetQueue: the queues with Exchange's names and values, found by identity and filter.
func TestGetQueue(t *testing.T) {
	d := withQueues(newFakeQueues())
	all := d.must(t, "Get-Queue", nil)
	if len(all) != 3 {
		t.Fatalf("%d queues", len(all))
	}
	for name, want := range map[string]string{"Identity": `HubA\Internet contoso.com`, "DeliveryType": "DnsConnectorDelivery", "Status": "Retry", "MessageCount": "2",
		"NextHopDomain": "contoso.com", "LastError": "mx1.contoso.com: 451 4.7.1 Later", "RetryCount": "3", "Velocity": "-1.5", "NextHopCategory": "External"} {
		if got := property(t, all[0], name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, tt := range []struct {
		a    args
		want string
	}{
		{args{"Identity": `HubA\Internet contoso.com`}, "contoso.com"},
		{args{"Identity": `huba.fabrikam.com\contoso.com`}, "contoso.com"},
		{args{"Identity": "FABRIKAM.com"}, "fabrikam.com"},
		{args{"Identity": `HubA\Internet*`}, "contoso.com fabrikam.com"},
		{args{"Filter": `Status -eq 'Retry'`}, "contoso.com"},
		{args{"Filter": `MessageCount -ge 1 -and -not (NextHopDomain -like "*.com" -and Status -eq "active")`}, "contoso.com"},
		{args{"Filter": `LastRetryTime -gt '2026-11-30T09:00:00Z' -or NextHopDomain -eq 'fabrikam.com'`}, "contoso.com fabrikam.com"},
		{args{"Exclude": "Empty"}, "contoso.com fabrikam.com"},
		{args{"Include": list("Retry", "Unreachable")}, "contoso.com Unreachable Domain"},
		{args{"SortOrder": "-MessageCount,+NextHopDomain", "ResultSize": int64(2)}, "contoso.com fabrikam.com"},
		{args{"SortOrder": "+MessageCount", "BookmarkIndex": int64(2), "ResultSize": int64(1)}, "fabrikam.com"},
		{args{"Server": "HubA", "ResultSize": int64(1)}, "contoso.com"},
	} {
		var got []string
		for _, v := range d.must(t, "Get-Queue", tt.a) {
			got = append(got, property(t, v, "NextHopDomain"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%v: %q, want %q", tt.a, got, tt.want)
		}
	}
	d.fails(t, "Get-Queue", args{"Identity": "nowhere.example"}, "wasn't found")
	d.fails(t, "Get-Queue", args{"Identity": `HubB\Unreachable`}, "HubB")
	d.fails(t, "Get-Queue", args{"Filter": "Nonsense -eq 1"}, "no property")
	d.fails(t, "Get-Queue", args{"Server": "HubB"}, "HubB")
	d.fails(t, "Get-Queue", args{"SortOrder": "+Nonsense"}, "no property")
	d.fails(t, "Get-Queue", args{"BookmarkObject": "x"}, "BookmarkIndex")
}

// TestGetMessage: a message comes once for each of its queues.
func TestGetMessage(t *testing.T) {
	d := withQueues(newFakeQueues())
	for _, tt := range []struct {
		a    args
		want string
	}{
		{nil, `HubA\Internet contoso.com\AAAA HubA\Internet contoso.com\BBBB HubA\Internet fabrikam.com\AAAA`},
		{args{"Queue": "contoso.com"}, `HubA\Internet contoso.com\AAAA HubA\Internet contoso.com\BBBB`},
		{args{"Queue": d.must(t, "Get-Queue", nil)[1]}, `HubA\Internet fabrikam.com\AAAA`},
		{args{"Identity": "AAAA"}, `HubA\Internet contoso.com\AAAA HubA\Internet fabrikam.com\AAAA`},
		{args{"Identity": `HubA\Internet fabrikam.com\AAAA`}, `HubA\Internet fabrikam.com\AAAA`},
		{args{"Identity": `contoso.com\BBBB`}, `HubA\Internet contoso.com\BBBB`},
		{args{"Identity": `HubA\*\BBBB`}, `HubA\Internet contoso.com\BBBB`},
		{args{"Filter": `FromAddress -like 'bob@*' -and Size -gt 3KB`}, `HubA\Internet contoso.com\BBBB`},
		{args{"SortOrder": "-Size", "ResultSize": int64(1)}, `HubA\Internet contoso.com\BBBB`},
	} {
		var got []string
		for _, v := range d.must(t, "Get-Message", tt.a) {
			got = append(got, property(t, v, "Identity"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%v: %q, want %q", tt.a, got, tt.want)
		}
	}
	d.fails(t, "Get-Message", args{"Identity": "CCCC"}, "wasn't found")
	d.fails(t, "Get-Message", args{"Queue": "*.com"}, "several")
	if got := property(t, d.must(t, "Get-Message", args{"Identity": "AAAA", "IncludeRecipientInfo": true})[0], "Recipients"); got != "{a@contoso.com}" {
		t.Errorf("Recipients is %s", got)
	}
}

// TestQueueChanges: each cmdlet asks first where Exchange's does, and does what its name says to what was
// selected.
func TestQueueChanges(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    args
		want string
	}{
		{"Suspend-Queue", args{"Identity": "contoso.com"}, "0  Internet contoso.com"},
		{"Resume-Queue", args{"Filter": "Status -eq 'Active'"}, "1  Internet fabrikam.com"},
		{"Retry-Queue", args{"Identity": "contoso.com"}, "2  Internet contoso.com"},
		{"Retry-Queue", args{"Identity": "contoso.com", "Resubmit": true}, "3  Internet contoso.com"},
		{"Suspend-Message", args{"Identity": "BBBB"}, "4  Internet contoso.com BBBB"},
		{"Resume-Message", args{"Filter": "FromAddress -eq 'ann@fabrikam.com'"}, "5  Internet contoso.com AAAA\n5  Internet fabrikam.com AAAA"},
		{"Remove-Message", args{"Identity": "BBBB", "WithNDR": false}, "6  Internet contoso.com BBBB"},
		{"Remove-Message", args{"Identity": "BBBB"}, "7  Internet contoso.com BBBB"},
		{"Redirect-Message", args{"Queue": "contoso.com", "Target": "Backup"}, "8 Backup Internet contoso.com AAAA,BBBB"},
	} {
		f := newFakeQueues()
		d := withQueues(f)
		d.must(t, tt.name, tt.a)
		if got := strings.Join(f.changes, "\n"); got != tt.want || len(d.asked) == 0 {
			t.Errorf("%s: %q, want %q; asked %q", tt.name, got, tt.want, d.asked)
		}
		f.changes, d.refuse = nil, true
		d.must(t, tt.name, tt.a)
		if len(f.changes) > 0 {
			t.Errorf("%s: %q after the answer no", tt.name, f.changes)
		}
		d.fails(t, tt.name, args{"Target": "Backup"}, "give -")
		f.failure, d.refuse = errors.New("broken"), false
		d.fails(t, tt.name, tt.a, "broken")
	}
}

// TestQueueDigest: the queues are counted by what they have in common.
func TestQueueDigest(t *testing.T) {
	d := withQueues(newFakeQueues())
	got := d.must(t, "Get-QueueDigest", args{"GroupBy": "DeliveryType"})
	if len(got) != 2 || property(t, got[0], "GroupByValue") != "DnsConnectorDelivery" || property(t, got[0], "MessageCount") != "3" {
		t.Errorf("got %v", got)
	}
}

// files is where Export-Message writes.
type files map[string]string

func (f files) WriteFile(name string, data []byte) error {
	f[name] = string(data)
	return nil
}

func TestExportMessage(t *testing.T) {
	d := withQueues(newFakeQueues())
	d.fails(t, "Export-Message", args{"Identity": "BBBB", "Path": "b.eml"}, "can't be written")
	out := files{}
	d.org.FS = out
	d.must(t, "Export-Message", args{"Identity": `contoso.com\BBBB`, "Path": "b.eml"})
	if out["b.eml"] != "Subject: BBBB\r\n\r\n" {
		t.Errorf("%q", out)
	}
	d.fails(t, "Export-Message", args{"Identity": "CCCC", "Path": "c.eml"}, "wasn't found")
}

// TestFilterMistakes: an expression that can't be read says where.
func TestFilterMistakes(t *testing.T) {
	d := withQueues(newFakeQueues())
	for text, want := range map[string]string{
		"":                                  "property is missing",
		"Status":                            "not an operator",
		"Status -is 'x'":                    "not an operator",
		"Status -eq":                        "value is missing",
		"Status -eq 'x":                     "closing '",
		"(Status -eq 'x'":                   "closing parenthesis",
		"Status -eq 'x' Size -gt 1":         "operator is missing",
		"Status -eq $x":                     "no value",
		"LastRetryTime -gt 'yesterday'":     "not a time",
		strings.Repeat("(", 100):            "within each other",
		strings.Repeat("-not ", 100):        "within each other",
		strings.Repeat("x", 20_000):         "bytes",
		"Status -eq 'Retry' -and":           "property is missing",
		"MessageCount -gt 'a lot of those'": "can't be compared",
	} {
		d.fails(t, "Get-Queue", args{"Filter": text}, want)
	}
}

// FuzzFilter: no expression takes the process down.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{`Status -eq 'Retry'`, `-not (MessageCount -gt 5 -or NextHopDomain -like "*.com") -and Size -lt 3KB`, `A -eq "x""y"`, `LastRetryTime -gt '2026-11-30'`} {
		f.Add(text)
	}
	d := withQueues(newFakeQueues())
	f.Fuzz(func(t *testing.T, text string) {
		all, err := d.run("Get-Queue", args{"Filter": text})
		if err != nil && len(all) > 0 {
			t.Errorf("%q: %v, and %d queues", text, err, len(all))
		}
	})
}
