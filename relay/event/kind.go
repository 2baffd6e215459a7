package event

// Kind says what happened. The text of a Kind is stable, its number isn't.
type Kind uint8

// What a Server reports.
const (
	ConnectionRefused     Kind = iota + 1 // before the greeting
	ConnectionBegun                       // the greeting follows
	TLSBegun                              // a handshake on the connection has ended well
	ConnectionEnded                       // Err: it was lost or timed out
	CommandRefused                        // not more than 100 of a connection
	CommandAnswered                       // any command, also the refused ones; all BDAT of a message are one
	Decision                              // one of a connector that is explained, with its steps
	MessageAccepted                       // for each recipient: the client got 250
	MessageRefused                        // for each recipient: the policy refused the message
	MessageFailed                         // for each recipient: Hooks or the Handler refused it
	MessageAborted                        // for each recipient: the client broke it off
	MessageAuthenticated                  // SPF, DKIM and DMARC of a message were checked (package verify)
	RecipientRemoved                      // Hooks have removed one recipient of a message
	RecipientRefusedAtEnd                 // the Handler refused one recipient of a message that others have
	ReportNotSent                         // the report on such a recipient could not be handed over
	SourcesUnreadable                     // the file of KnownSources: users are known nowhere until they log on again
	SourcesNotStored                      // the known sources, which a restart loses
	LimitReached                          // a client, or all of them, has as much of something as a limit allows; a Dispatcher reports it, too, also when outgoing mail waits
)

// What a Dispatcher reports.
const (
	Delivered           Kind = iota + LimitReached + 1 // the next hop has accepted the message for the recipient; a Sender without a Dispatcher reports it too
	ReportSent                                         // the same, of a delivery report
	Deferred                                           // an attempt failed, and the recipient is tried again
	Refused                                            // for good, by the next hop or the policy
	Expired                                            // the recipient has waited for too long
	Dropped                                            // by an operator
	ReportQueued                                       // a delivery report is on the Store
	ReportUndeliverable                                // a delivery report was given up
	FailureUnreported                                  // policy or sender ask for no report
	ReportShortened                                    // a next hop can't take the report with the whole message
	ReportIncomplete                                   // the report has nothing of the message, which can't be read
	ReportUnwritable                                   // there is no report
	MessageUnreadable                                  // an attempt failed, because the Store can't read the message
	MessageTakenOver                                   // another process works on the message
	ChangedByOperator                                  // by an operator's command on the queue
	NextHopSuspended                                   // by an operator: no attempt is made
	NextHopResumed                                     // by an operator
	NextHopFailed                                      // no message could be handed over, and none is tried until Retry is over
	NextHopReachable                                   // a next hop that had failed has answered
	CountsUnreadable                                   // the file of SmartHostCounts: the limits count from 0
	CountsNotStored                                    // the counts for the limits of smart hosts, which a restart loses
	PressureBegan                                      // no mail is accepted, because queue, disk or memory are short
	PressureEnded
)

// What a Sender reports.
const (
	RecipientRefused     Kind = iota + PressureEnded + 1 // to a client that waits for the next hop
	NotDelivered                                         // the same, at the end of the message
	HostFailed                                           // and another host of the next hop accepted the message
	TLSFailed                                            // and the host is connected to again
	TestedPolicyUnmet                                    // by a host, of a domain whose owner tests an MTA-STS policy; the mail is sent
	KeptConnectionFailed                                 // and another connection is used
	LogonRefused                                         // and the host is left alone until Retry is over; mail waits
)

// What Sources of package oauth report about the tokens for smart hosts.
const (
	TokenFetched    Kind = iota + LogonRefused + 1 // the first one or the next, after Failures
	TokenMissing                                   // none can be fetched, and none is valid; mail waits
	TokenNotRenewed                                // none can be fetched, and the present one is valid until Until
	TokenNotStored                                 // a refresh token, which is lost when the program ends
)

// What Policies of package mxpolicy report.
const (
	STSFetched     Kind = iota + TokenNotStored + 1 // an MTA-STS policy, which the domain announces for the first time, or another one than before
	STSFetchFailed                                  // a policy that the domain announces
	STSUnreadable                                   // the File with the policies; they are fetched again
	STSNotStored                                    // the policies, which must be fetched again after a restart
)

// What a Milter of the module milter reports.
const (
	MilterFailed Kind = iota + STSNotStored + 1 // the filter can't be asked about a connection or a message
)

// What a program reports about its certificates, by Report of a gateway.Gateway. The command gateway does.
const (
	ACMEFailed             Kind = iota + MilterFailed + 1 // an authority gives no certificate for Host
	ACMENotRenewed                                        // the certificate for Host, which ends soon
	CertificatesRenewed                                   // from files that have changed
	CertificatesNotRenewed                                // such a file can't be used, and the previous certificates are shown
)

// What a KeySet of package jwt reports.
const (
	KeysFetched    Kind = iota + CertificatesNotRenewed + 1 // those of an identity provider, for the first time, or after failures
	KeysNotFetched                                          // the present ones are used until Until
)

// What a gateway.Gateway reports about itself.
const (
	Started      Kind = iota + KeysNotFetched + 1 // it accepts connections
	Reloaded                                      // new sessions and attempts have another configuration
	ReloadFailed                                  // the previous configuration stays; the program reports it, by Report of the Gateway
	LogFailed                                     // lines of one of its logs are lost, because they can't be written; Detail is the log
	LogRestored                                   // lines are written again, after Value were lost
	kinds                                         // how many there are, 0 included
)
