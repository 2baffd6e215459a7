// Package intake takes in a message that a client sends, the same way for every server
// that asks a policy: [Message.Open] reads the header within the limits, asks the policy
// about it, replaces its author where the policy says so, passes it through the header firewall, completes it where this server is the
// first relay, and puts the Received field in front. [Message.Body] is the message as it
// goes on, and [Message.End] says whether it was taken whole.
package intake
