package event

import "time"

// ConnectivityFields are the names of a ConnectivityLine's cells, in their order and between commas.
const ConnectivityFields = "date-time,session,source,destination,direction,description"

// ConnectivityLine is one line of the connectivity log: a step of a connection to a next hop, from
// the look-up of its addresses to its end. Description is printable ASCII of at most about 1 KiB,
// with \xNN for every other byte and for the backslash. It has neither what a host has said, except
// the codes of a reply, nor addresses of people.
type ConnectivityLine struct {
	Time        time.Time
	Session     string // as in the protocol log of Send connectors
	Source      string // the Send connector
	Destination string // the mail domain, the smart host, or another server of the organisation
	Direction   byte   // '+' begun, '>' a step, '-' ended
	Description string
}

// Cells returns the cells of l in the order of ConnectivityFields.
func (l *ConnectivityLine) Cells() []string {
	return []string{l.Time.UTC().Format(TimeLayout), l.Session, l.Source, l.Destination, string(l.Direction), l.Description}
}
