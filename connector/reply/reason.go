package reply

import "strconv"

// Reason says why a command was answered as it was, in a stable form. The
// zero Reason, Undecided, refuses.
type Reason uint8

// What is accepted.
const (
	Undecided     Reason = iota
	Ready                // the connection
	HelloOK              // EHLO or HELO
	StartTLSReady        // STARTTLS
	AuthReady            // AUTH: the exchange may begin
	LoginOK              // AUTH: the client is who it says
	SenderOK             // MAIL
	RecipientOK          // RCPT
	StartMail            // DATA
	ChunkOK              // BDAT
	MessageOK            // the message, whole
	ResetOK              // RSET
	NoopOK               // NOOP
	HelpOK               // HELP
	VerifyNothing        // VRFY
	Bye                  // QUIT
)

// What the connection is refused or ended for.
const (
	NoConnector Reason = iota + Bye + 1
	ImplicitTLS
	TooManyConnections
	TooManyConnectionsPerSource
	TooManyNewConnections
	RateExceeded
	TooManyErrors
	TooManyLogonFailures
	TimedOut
	ShuttingDown
	InsufficientResources
	NotSMTP
	ImproperPipelining
	InternalError
	HelloDomainRequired
)

// What a command is refused for, from any client.
const (
	UnrecognizedCommand Reason = iota + HelloDomainRequired + 1
	CommandNotImplemented
	InvalidArguments
	UnknownParameter
	LineTooLong
	IllegalCharacter
	BareLineEnd
	SendHelloFirst
	BadSequence
	NeedMail
	NeedRcpt
	NoRecipients
	InvalidAddress
	AddressNeedsUTF8
	BareLinefeed
	BinaryNeedsChunks
	StartTLSFirst
)

// What AUTH is refused for.
const (
	MechanismNotOffered Reason = iota + StartTLSFirst + 1
	BadCredentials
	LoginWithoutSubmit
	VerifierUnavailable
	AuthMalformed
	AuthCancelled
	AuthTooLong
	TooManyGuesses
)

// What a sender, a recipient or a message is refused for.
const (
	NotAuthenticated Reason = iota + TooManyGuesses + 1
	AnonymousSendAsDenied
	SendAsDenied
	SecuredSenderDenied
	SenderNotAllowed
	MessageTooLarge
	HeaderTooLarge
	HopCountExceeded
	TooManyRecipients
	EnvelopeTooLarge
	ReservedTopLevelDomain
	ReservedSecondLevelDomain
	SingleLabelDomain
	RelayDenied
	RoutedRecipient
	RecipientUnknown
	RecipientUnchecked
	AuthorUnclear
	DMARCRejected
	DMARCUnavailable
)

// Why mail that was accepted cannot be delivered.
const (
	Unroutable Reason = iota + DMARCUnavailable + 1
	RouteTooSmall
	RouteNonSMTP
	RoutingLoop
	DifferentNextHop
	SeparateTransaction
	MixedRecipients
	DomainNotFound
	DomainTakesNoMail
	DNSUnavailable
	NextHopNotFound
	NextHopIsSelf
	NextHopUnreachable
	NextHopLost
	NextHopInsecure
	NextHopSecurity
	NextHopTooSmall
	NextHopWithoutUTF8
	NextHopNeedsConversion
	NotRouted
	MessageDamaged
	TemporaryError

	reasonCount
)

// Reasons returns all reasons but Undecided, in order.
func Reasons() []Reason {
	all := make([]Reason, 0, reasonCount-1)
	for c := Undecided + 1; c < reasonCount; c++ {
		all = append(all, c)
	}
	return all
}

// String returns the stable name, such as "relay-denied".
func (c Reason) String() string {
	if c < reasonCount {
		return reasons[c].name
	}
	return "Reason(" + strconv.Itoa(int(c)) + ")"
}

// MarshalText implements [encoding.TextMarshaler].
func (c Reason) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Doc returns a sentence on what c means, for people.
func (c Reason) Doc() string {
	if c < reasonCount {
		return reasons[c].doc
	}
	return ""
}

// Accepts reports whether a command that is answered for that reason takes effect.
func (c Reason) Accepts() bool { return c > Undecided && c <= Bye }

// Closes reports whether the server closes the connection after the reply.
func (c Reason) Closes() bool {
	return c >= NoConnector && c <= HelloDomainRequired && c != InsufficientResources
}

// reasonText is a Reason in words and on the wire.
type reasonText struct {
	name    string
	doc     string
	current Reply
	old     Reply // of Exchange2007; zero: as current
}
