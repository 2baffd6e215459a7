package control

import "time"

// Status is the state of a gateway at one time, as operators and their programs read it.
// Times are in UTC; those that are zero are left out of JSON.
type Status struct {
	Time     time.Time `json:"time"`
	State    State     `json:"state"`
	NotReady []string  `json:"notReady,omitempty"` // why it can't serve a client; empty: it can
	Started  time.Time `json:"started,omitzero"`   // when it began to accept connections

	Policy string    `json:"policy,omitempty"` // its fingerprint
	Since  time.Time `json:"since,omitzero"`   // when this policy came into use
	Reload *Reloaded `json:"reload,omitempty"` // the last one; nil: there was none

	Bindings  []Binding  `json:"bindings"`
	Sessions  []Sessions `json:"sessions"`            // of each Receive connector
	Clients   []Client   `json:"clients,omitempty"`   // the sessions that have been open for longest, at most 50
	Queue     *Queued    `json:"queue,omitempty"`     // nil: there is no queue
	Failing   []NextHop  `json:"failing,omitempty"`   // the next hops that have failed and not answered since
	Resources []Resource `json:"resources,omitempty"` // those for which there is a limit
	Refused   []Refused  `json:"refused,omitempty"`   // in the last ten minutes, the most frequent first
	Traffic   Traffic    `json:"traffic"`             // in the last minute

	Certificates []Certificate `json:"certificates,omitempty"`
	LostLines    []LostLines   `json:"lostLines,omitempty"`   // of logs that could not be written
	TrackingLog  string        `json:"trackingLog,omitempty"` // the absolute path of its directory; "": it isn't written to files
}

// Traffic counts what happened in a time.
type Traffic struct {
	Connections int `json:"connections"` // that ended
	Accepted    int `json:"accepted"`    // recipients of accepted messages
	Refused     int `json:"refused"`     // connections, commands, and recipients of messages
	Delivered   int `json:"delivered"`   // recipients
	Deferred    int `json:"deferred"`    // attempts for recipients that are tried again
	Failed      int `json:"failed"`      // recipients that were refused for good or have expired
}

// Plus returns the sums of t and u.
func (t Traffic) Plus(u Traffic) Traffic {
	return Traffic{
		Connections: t.Connections + u.Connections, Accepted: t.Accepted + u.Accepted, Refused: t.Refused + u.Refused,
		Delivered: t.Delivered + u.Delivered, Deferred: t.Deferred + u.Deferred, Failed: t.Failed + u.Failed,
	}
}

// State says how far a gateway is.
type State string

// The states of a gateway, in their order.
const (
	Starting State = "starting"
	Serving  State = "serving"
	Stopping State = "stopping" // open transactions and attempts end
	Stopped  State = "stopped"
)

// Reloaded is how a reload ended.
type Reloaded struct {
	Time  time.Time `json:"time"`
	Error string    `json:"error,omitempty"` // why the previous configuration is still in use; "": it isn't
}

// Binding is an address of Receive connectors.
type Binding struct {
	Address    string   `json:"address"`
	Connectors []string `json:"connectors"`
	Listening  bool     `json:"listening"`
}

// Sessions are the open sessions of a Receive connector.
type Sessions struct {
	Connector string `json:"connector"`
	Open      int    `json:"open"`
}

// Client is an open session.
type Client struct {
	Session   string    `json:"session"` // as in the log
	Connector string    `json:"connector"`
	Address   string    `json:"address"`           // with the port
	User      string    `json:"user,omitempty"`    // who has logged on
	Since     time.Time `json:"since"`             // when it began
	Command   string    `json:"command,omitempty"` // the last one, or DATA during a message; "": none that is known
	At        time.Time `json:"at,omitzero"`       // when Command was answered, or the message began
	Messages  int       `json:"messages"`          // that were accepted
}

// Queued is the state of the queue.
type Queued struct {
	Waiting     int       `json:"waiting"` // messages that wait for their next attempt
	Sending     int       `json:"sending"` // messages with an attempt under way
	Suspended   int       `json:"suspended"`
	Unreachable int       `json:"unreachable"`     // those of Waiting that no Send connector takes
	Oldest      time.Time `json:"oldest,omitzero"` // when the oldest of these messages arrived
	Bytes       int64     `json:"bytes"`           // of storage that the queue takes
	Free        int64     `json:"free"`            // bytes that are free there; less than 0: not known
	Capacity    int64     `json:"capacity"`        // bytes free and in use there, also by others; 0 or less: not known
	Error       string    `json:"error,omitempty"` // why the rest isn't known
}

// NextHop is a next hop that has failed.
type NextHop struct {
	Name     string    `json:"name"`
	Waiting  int       `json:"waiting"`         // messages
	Failures int       `json:"failures"`        // one after the other
	Tried    time.Time `json:"tried,omitzero"`  // the last time
	Retry    time.Time `json:"retry,omitzero"`  // the next time
	Host     string    `json:"host,omitempty"`  // that replied; "": none did
	Reply    string    `json:"reply,omitempty"` // of Host, or what was found here
	Advice   string    `json:"advice,omitempty"`
}

// Resource is something that mail takes up, with the limit at which mail is refused.
type Resource struct {
	Name     string `json:"name"` // "queue", in messages, "disk", in bytes that are free, or "memory", in bytes
	Value    int64  `json:"value"`
	Limit    int64  `json:"limit"`
	Refusing bool   `json:"refusing"` // mail is refused because of it
}

// Refused counts what was refused for one reason: connections, commands, and recipients of messages.
type Refused struct {
	Connector string    `json:"connector,omitempty"` // "": no Receive connector serves the client
	Reason    string    `json:"reason"`              // of the policy, or the code and enhanced code of another reply
	Count     int       `json:"count"`
	Last      time.Time `json:"last"`
}

// Certificate is when the certificate of a connector expires.
type Certificate struct {
	Connector string    `json:"connector"`
	Receive   bool      `json:"receive"` // it is a Receive connector; otherwise a Send connector
	Expires   time.Time `json:"expires"`
}

// LostLines counts the lines of a log that could not be written since the gateway started.
type LostLines struct {
	Log   string `json:"log"`
	Lines int64  `json:"lines"`
}
