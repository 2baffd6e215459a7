package dispatch_test

import (
	"slices"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestNamesLast: every event of a message has the names that it came with, after a restart too; so have
// the events of the report, which is a message of its own from the same session.
func TestNamesLast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, tr := tracked(t)
		home := w.home()
		w.sink("192.0.2.1", answering(relaytest.StageRcpt, "", "550 5.1.1 no such user"), "b.example")
		w.at("192.0.2.2", "c.example")
		names := envelope.Envelope{Session: "SESSION", NetworkID: envelope.NewNetworkID(), MessageID: "<1@contoso.com>", Subject: "Grüße"}
		change := func(env *relay.Envelope) {
			env.Session, env.NetworkID, env.MessageID, env.Subject = names.Session, names.NetworkID, names.MessageID, names.Subject
		}
		expect(t, "reply", w.mailFrom(queueFirst, "a@contoso.com", letter, change, "1@b.example", "1@c.example", "2@c.example"), "250")
		time.Sleep(time.Minute)
		w.stop()
		w.start()
		w.sink("192.0.2.2", &relaytest.Sink{}, "c.example")
		time.Sleep(time.Hour)
		all := tr.all()
		for _, kind := range []event.Kind{event.Refused, event.Deferred, event.Delivered, event.ReportQueued, event.ReportSent} {
			if !slices.ContainsFunc(all, func(e event.Event) bool { return e.Kind == kind }) {
				t.Errorf("nothing is %v", kind)
			}
		}
		if len(home.Messages()) != 1 {
			t.Errorf("%d reports", len(home.Messages()))
		}
		following := make(map[event.Kind][]int)
		for _, e := range all {
			following[e.Kind] = append(following[e.Kind], e.Following)
			switch {
			case e.Kind == event.NextHopFailed || e.Kind == event.NextHopReachable:
			case e.Session != "SESSION":
				t.Errorf("%v: session %q", e.Kind, e.Session)
			case e.Kind == event.ReportSent && (!envelope.ValidNetworkID(e.NetworkID) || e.NetworkID == names.NetworkID || e.MessageID == names.MessageID || e.MessageID == ""):
				t.Errorf("the report is %q %q", e.NetworkID, e.MessageID)
			case e.Kind != event.ReportSent && (e.NetworkID != names.NetworkID || e.MessageID != names.MessageID || e.Subject != names.Subject):
				t.Errorf("%v: %q %q %q", e.Kind, e.NetworkID, e.MessageID, e.Subject)
			case e.Kind == event.Refused && (e.ReportEnvelope == nil || e.Report != e.ReportEnvelope.ID || e.ReportEnvelope.MessageID == ""):
				t.Errorf("refused, with the report %q %+v", e.Report, e.ReportEnvelope)
			case (e.Kind == event.Delivered || e.Kind == event.Deferred) && (e.Report != "" || e.ReportEnvelope != nil):
				t.Errorf("%v, with the report %q", e.Kind, e.Report)
			case e.Kind == event.Delivered && (e.SendConnector != "out" || !e.Local.IsValid()):
				t.Errorf("by %q from %v", e.SendConnector, e.Local)
			}
		}
		if got := following[event.Delivered]; !slices.Equal(got, []int{1, 0}) {
			t.Errorf("%v recipients follow those that were delivered to", got)
		}
	})
}

// TestReportNamed: a recipient that is refused while the client waits, and others aren't, has the report on it in its event.
// Without a report the event has none, and comes before the client gets its answer.
func TestReportNamed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, tr := tracked(t)
		w.home()
		w.sink("192.0.2.1", answering(relaytest.StageRcpt, "", "550 5.1.1 no such user"), "b.example")
		w.sink("192.0.2.2", &relaytest.Sink{}, "c.example")
		reported := func() (reports []string) {
			for _, e := range tr.all() {
				if e.Kind == event.Refused {
					reports = append(reports, e.Report)
				}
			}
			return reports
		}
		expect(t, "reply to a message that goes nowhere", w.mail(deliverFirst, "1@b.example"), "550")
		if got := reported(); !slices.Equal(got, []string{""}) {
			t.Errorf("reports %q", got)
		}
		expect(t, "reply", w.mail(deliverFirst, "1@b.example", "1@c.example"), "250")
		time.Sleep(time.Minute)
		queued := slices.IndexFunc(tr.all(), func(e event.Event) bool { return e.Kind == event.ReportQueued })
		if got := reported(); queued < 0 || len(got) != 2 || got[1] != tr.all()[queued].Report || got[1] == "" {
			t.Errorf("reports %q, %+v", got, tr.all())
		}
	})
}

// TestNamesAreMade: mail of an application gets a network ID, which its events have.
func TestNamesAreMade(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, tr := tracked(t)
		w.sink("192.0.2.1", &relaytest.Sink{}, "b.example")
		expect(t, "reply", w.mail(queueFirst, "1@b.example"), "250")
		time.Sleep(time.Minute)
		for _, e := range tr.all() {
			if !envelope.ValidNetworkID(e.NetworkID) {
				t.Errorf("%v: %q", e.Kind, e.NetworkID)
			}
		}
	})
}
