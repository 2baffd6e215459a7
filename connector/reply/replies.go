package reply

// reasons is every reply that Interchange generates. A row marked "ours" has a
// text that Exchange's documentation does not give.
var reasons = [reasonCount]reasonText{
	// A command that was never decided is put off, so that a mistake in a
	// program loses no mail.
	Undecided:     {"undecided", "Nothing decided the command, so it is refused.", r451(4, 3, 2, "System not accepting network messages"), Reply{}},
	Ready:         {"ready", "A connector serves the connection.", Reply{220, [3]int{}, "Service ready"}, Reply{}},
	HelloOK:       {"hello-ok", "The greeting was accepted.", Reply{250, [3]int{}, "Hello"}, Reply{}},
	StartTLSReady: {"starttls-ready", "TLS may begin.", Reply{220, [3]int{2, 0, 0}, "SMTP server ready"}, Reply{}},
	AuthReady:     {"auth-ready", "The mechanism may be tried.", Reply{334, [3]int{}, ""}, Reply{}},
	LoginOK:       {"login-ok", "The client has proven who it is.", Reply{235, [3]int{2, 7, 0}, "Authentication successful"}, Reply{}},
	SenderOK:      {"sender-ok", "The session may send as this sender.", Reply{250, [3]int{2, 1, 0}, "Sender OK"}, Reply{}},
	RecipientOK:   {"recipient-ok", "The session may send to this recipient.", Reply{250, [3]int{2, 1, 5}, "Recipient OK"}, Reply{}},
	StartMail:     {"start-mail", "The message may follow.", Reply{354, [3]int{}, "Start mail input; end with <CRLF>.<CRLF>"}, Reply{}},
	ChunkOK:       {"chunk-ok", "A chunk of the message was taken.", Reply{250, [3]int{2, 0, 0}, "Chunk received"}, Reply{}},
	MessageOK:     {"message-ok", "The message was taken.", Reply{250, [3]int{2, 6, 0}, "Queued mail for delivery"}, Reply{}},
	ResetOK:       {"reset-ok", "The transaction was dropped.", Reply{250, [3]int{2, 0, 0}, "Resetting"}, Reply{}},
	NoopOK:        {"noop-ok", "Nothing was asked and nothing done.", Reply{250, [3]int{2, 0, 0}, "OK"}, Reply{}},
	HelpOK:        {"help-ok", "The commands that everybody has.", Reply{214, [3]int{2, 0, 0}, "EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP"}, Reply{}},
	VerifyNothing: {"verify-nothing", "Whether an address exists is not told.", Reply{252, [3]int{2, 1, 5}, "Cannot VRFY user, but will accept message and attempt delivery"}, Reply{}},
	Bye:           {"bye", "The client is done.", Reply{221, [3]int{2, 0, 0}, "Service closing transmission channel"}, Reply{}},

	NoConnector: {"no-connector", "No enabled Receive connector has a binding and a range for the connection.",
		r421(4, 3, 2, "Service not available, closing transmission channel"), Reply{}},
	ImplicitTLS: {"implicit-tls", "Connections to the port begin with TLS, and the client doesn't use it or the server has no certificate.",
		r421(4, 7, 0, "TLS is required, closing transmission channel"), Reply{}}, // not Exchange's; never sent, because the client could not read it
	TooManyConnections: {"too-many-connections", "MaxInboundConnection is reached.",
		r421(4, 3, 2, "The maximum number of concurrent server connections has exceeded a limit, closing transmission channel"),
		r421(4, 3, 2, "The maximum number of concurrent connections has exceeded a limit, closing transmission channel")},
	TooManyConnectionsPerSource: {"too-many-connections-per-source", "MaxInboundConnectionPerSource or MaxInboundConnectionPercentagePerSource is reached.",
		r421(4, 3, 2, "The maximum number of concurrent server connections has exceeded a per-source limit, closing transmission channel"),
		r421(4, 3, 2, "The maximum number of concurrent connections has exceeded a limit, closing transmission channel")},
	TooManyNewConnections: {"too-many-new-connections", "MaxConnectionRatePerMinute is reached, or the client's share of it.",
		r421(4, 3, 2, "The rate of connections has exceeded a limit, closing transmission channel"), Reply{}}, // ours
	RateExceeded:         {"rate-exceeded", "MessageRateLimit is reached.", r421(4, 4, 2, "Message submission rate for this client has exceeded the configured limit"), Reply{}},
	TooManyErrors:        {"too-many-errors", "MaxProtocolErrors is reached.", r421(4, 7, 0, "Too many errors on this connection, closing transmission channel"), Reply{}},
	TooManyLogonFailures: {"too-many-logon-failures", "MaxLogonFailures is reached.", r421(4, 7, 0, "Too many errors on this connection, closing transmission channel"), Reply{}},
	TimedOut:             {"timed-out", "ConnectionTimeout or ConnectionInactivityTimeout has passed.", r421(4, 4, 1, "Connection timed out"), Reply{}},
	ShuttingDown:         {"shutting-down", "The service is stopping.", r421(4, 3, 2, "Service not available, closing transmission channel"), Reply{}},
	InsufficientResources: {"insufficient-resources", "Disk, memory or queue are short; the client may come back.",
		Reply{452, [3]int{4, 3, 1}, "Insufficient system resources"}, Reply{}},
	NotSMTP: {"not-smtp", "The client speaks another protocol.", r421(4, 7, 0, "This is an SMTP server, closing transmission channel"), Reply{}}, // ours
	ImproperPipelining: {"improper-pipelining", "The client sent commands before it could know the reply they depend on.", // ours
		Reply{554, [3]int{5, 5, 0}, "Improper use of command pipelining, closing transmission channel"}, Reply{}},
	InternalError: {"internal-error", "A fault of the service itself.", r421(4, 3, 0, "Internal error, closing transmission channel"), Reply{}}, // ours
	HelloDomainRequired: {"hello-domain-required", "RequireEHLODomain is set and the greeting names no domain.",
		Reply{501, [3]int{5, 0, 0}, "HELO/EHLO requires domain address"}, Reply{}},

	UnrecognizedCommand:   {"unrecognized-command", "The command does not exist, or is not offered here.", r500(5, 3, 3, "Unrecognized command"), Reply{}},
	CommandNotImplemented: {"command-not-implemented", "The command exists and is not offered here.", Reply{502, [3]int{5, 5, 1}, "Command not implemented"}, Reply{}}, // ours
	InvalidArguments:      {"invalid-arguments", "An argument is malformed.", r501(5, 5, 4, "Invalid arguments"), Reply{}},
	UnknownParameter:      {"unknown-parameter", "A parameter was not offered in the reply to EHLO.", Reply{555, [3]int{5, 5, 4}, "Unsupported parameter"}, Reply{}},      // RFC 5321 section 4.1.1.11
	LineTooLong:           {"line-too-long", "The line is longer than allowed.", r500(5, 5, 2, "Line too long"), Reply{}},                                                 // ours
	IllegalCharacter:      {"illegal-character", "The line holds a character that no command has.", r500(5, 5, 2, "Syntax error, illegal character in command"), Reply{}}, // ours
	BareLineEnd:           {"bare-line-end", "The line ends with something else than CR LF.", r500(5, 5, 2, "Lines must end with CRLF"), Reply{}},                         // ours
	SendHelloFirst:        {"send-hello-first", "EHLO or HELO must come first.", r503(5, 5, 2, "Send hello first"), Reply{}},
	BadSequence:           {"bad-sequence", "The command is out of order.", r503(5, 5, 1, "Bad sequence of commands"), Reply{}},
	NeedMail:              {"need-mail", "MAIL must come first.", r503(5, 5, 2, "Need mail command"), Reply{}},
	NeedRcpt:              {"need-rcpt", "RCPT must come first.", r503(5, 5, 2, "Need rcpt command"), Reply{}},
	NoRecipients:          {"no-recipients", "The transaction has no accepted recipient.", Reply{554, [3]int{5, 5, 1}, "No valid recipients"}, Reply{}}, // RFC 5321 section 3.3
	InvalidAddress:        {"invalid-address", "The address is malformed.", r501(5, 1, 7, "Invalid Address"), Reply{}},
	AddressNeedsUTF8:      {"address-needs-utf8", "The local part is not ASCII and SMTPUTF8 was not asked for.", Reply{553, [3]int{5, 6, 7}, "Address needs SMTPUTF8"}, Reply{}},             // RFC 6531 section 3.5
	BareLinefeed:          {"bare-linefeed", "The message holds NUL, or CR and LF that are not together.", r550(5, 6, 11, "Bare carriage return, bare linefeed or NUL in message"), Reply{}}, // ours
	BinaryNeedsChunks:     {"binary-needs-chunks", "BODY=BINARYMIME goes with BDAT only.", r503(5, 5, 1, "BINARYMIME requires BDAT"), Reply{}},                                               // RFC 3030 section 3
	StartTLSFirst:         {"starttls-first", "RequireTLS is set and TLS is not up.", Reply{530, [3]int{5, 7, 0}, "Must issue a STARTTLS command first"}, Reply{}},

	MechanismNotOffered: {"mechanism-not-offered", "The mechanism is not offered, or not before TLS.", Reply{504, [3]int{5, 7, 4}, "Unrecognized authentication type"}, Reply{}},
	BadCredentials:      {"bad-credentials", "The verifier says no.", Reply{535, [3]int{5, 7, 3}, "Authentication unsuccessful"}, Reply{}},
	LoginWithoutSubmit:  {"login-without-submit", "The credentials are right, but give no ms-Exch-SMTP-Submit here.", Reply{535, [3]int{5, 7, 3}, "Authentication unsuccessful"}, Reply{}},
	VerifierUnavailable: {"verifier-unavailable", "The verifier cannot say now.", r454(4, 7, 0, "Temporary authentication failure"), Reply{}},
	TooManyGuesses:      {"too-many-guesses", "So many passwords were wrong lately, from this source or for this user, that none is checked now.", r454(4, 7, 0, "Temporary authentication failure"), Reply{}},
	AuthMalformed:       {"auth-malformed", "The exchange is not base64, or not what the mechanism asks for.", r501(5, 5, 2, "Cannot decode response"), Reply{}}, // RFC 4954 section 4
	AuthCancelled:       {"auth-cancelled", "The client broke the exchange off.", r501(5, 7, 0, "Authentication cancelled"), Reply{}},                            // RFC 4954 section 4
	AuthTooLong:         {"auth-too-long", "A line of the exchange is longer than allowed.", r500(5, 5, 6, "Authentication exchange line is too long"), Reply{}}, // RFC 4954 section 6

	NotAuthenticated: {"not-authenticated", "The session lacks ms-Exch-SMTP-Submit.",
		Reply{530, [3]int{5, 7, 57}, "SMTP; Client was not authenticated to send anonymous mail during MAIL FROM"},
		Reply{530, [3]int{5, 7, 1}, "Client was not authenticated"}},
	AnonymousSendAsDenied: {"anonymous-send-as-denied", "An anonymous session may not use this sender: it lacks ms-Exch-SMTP-Accept-Authoritative-Domain-Sender for an accepted domain, or ms-Exch-SMTP-Accept-Any-Sender for another one.",
		r550(5, 7, 1, "Anonymous client does not have permissions to send as this sender"), Reply{}},
	SendAsDenied: {"send-as-denied", "The sender does not belong to the session.",
		r550(5, 7, 60, "SMTP; Client does not have permissions to send as this sender"),
		r550(5, 7, 1, "Client does not have permissions to send as this sender")},
	SecuredSenderDenied: {"secured-sender-denied", "The sender's domain is in TLSReceiveDomainSecureList and the session has not proven it by certificate.",
		r550(5, 7, 1, "Mutual TLS is required to send as this sender"), Reply{}}, // ours
	SenderNotAllowed: {"sender-not-allowed", "The client hasn't logged on, and the sender is not in AllowedSenders.",
		r550(5, 7, 1, "Anonymous client does not have permissions to send as this sender"), Reply{}}, // as AnonymousSendAsDenied
	MessageTooLarge:           {"message-too-large", "The message is larger than MaxMessageSize or MaxReceiveSize.", r552(5, 3, 4, "Message size exceeds fixed maximum message size"), Reply{}},
	HeaderTooLarge:            {"header-too-large", "The header is larger than MaxHeaderSize.", r552(5, 3, 4, "Message header size exceeds fixed maximum size"), Reply{}}, // ours
	HopCountExceeded:          {"hop-count-exceeded", "There are more Received fields than MaxHopCount or MaxLocalHopCount allow.", Reply{554, [3]int{5, 4, 6}, "Hop count exceeded - possible mail loop"}, Reply{}},
	TooManyRecipients:         {"too-many-recipients", "MaxRecipientsPerMessage is reached; the client may send the rest again.", Reply{452, [3]int{4, 5, 3}, "Too many recipients"}, Reply{}},
	EnvelopeTooLarge:          {"envelope-too-large", "MaxRecipientEnvelopeLimit is reached.", r550(5, 5, 3, "Too many recipients"), Reply{}},
	ReservedTopLevelDomain:    {"reserved-top-level-domain", "RejectReservedTopLevelRecipientDomains is set.", r550(5, 1, 4, "Recipient address reserved by RFC 2606"), Reply{}},
	ReservedSecondLevelDomain: {"reserved-second-level-domain", "RejectReservedSecondLevelRecipientDomains is set.", r550(5, 1, 5, "Recipient address reserved by RFC 2606"), Reply{}},
	SingleLabelDomain:         {"single-label-domain", "RejectSingleLabelRecipientDomains is set.", r550(5, 1, 6, "Recipient addresses in single label domains not accepted"), Reply{}},
	RelayDenied: {"relay-denied", "The recipient is in no accepted domain and the session lacks ms-Exch-SMTP-Accept-Any-Recipient.",
		r550(5, 7, 54, "SMTP; Unable to relay recipient in non-accepted domain"),
		r550(5, 7, 1, "Unable to relay")},
	RoutedRecipient: {"routed-recipient", "The local part names another domain (a@b, a%b, b!a), to which the next hop might relay.",
		r550(5, 7, 1, "Unable to relay"), Reply{}},
	RecipientUnknown: {"recipient-unknown", "The domain is authoritative with AddressBookEnabled, and the recipient doesn't exist.",
		r550(5, 1, 1, "User unknown"), Reply{}},
	RecipientUnchecked: {"recipient-unchecked", "The server can't find out now whether the recipient exists.",
		r451(4, 4, 3, "Recipient can't be checked now, try again later"), Reply{}},
	AuthorUnclear: {"author-unclear", "MessageAuthenticationMode is Reject, and the header has not exactly one From field whose authors are of one domain.",
		r550(5, 7, 1, "The message must have one From field with an address"), Reply{}}, // ours
	DMARCRejected: {"dmarc-rejected", "MessageAuthenticationMode is Reject, neither SPF nor DKIM passes for the domain of From, and its DMARC policy asks to reject the message.",
		r550(5, 7, 26, "Neither SPF nor DKIM passes for the domain of From, and its DMARC policy is reject"),
		r550(5, 7, 1, "Neither SPF nor DKIM passes for the domain of From, and its DMARC policy is reject")}, // ours; RFC 7372 section 3.3
	DMARCUnavailable: {"dmarc-unavailable", "MessageAuthenticationMode is Reject, and the DNS gives no answer on which SPF, DKIM or DMARC depend.",
		r451(4, 4, 3, "SPF, DKIM or DMARC can't be checked now"), Reply{}}, // ours

	Unroutable:             {"unroutable", "No Send connector has an address space for the recipient.", r451(4, 4, 4, "Unable to route"), Reply{}},
	RouteTooSmall:          {"route-too-small", "The message is larger than MaxMessageSize of every matching Send connector.", r552(5, 3, 4, "Message size exceeds fixed maximum message size"), Reply{}},
	RouteNonSMTP:           {"route-non-smtp", "No connector is for addresses of that type.", r550(5, 4, 4, "Unable to route"), Reply{}},
	RoutingLoop:            {"routing-loop", "The mail exchangers of the domain lead back here.", Reply{554, [3]int{5, 4, 6}, "Mail for the recipient domain loops back"}, Reply{}},                                                                                                                  // ours
	DifferentNextHop:       {"different-next-hop", "The recipient leaves by another next hop than the first; the client may send it again.", Reply{452, [3]int{4, 5, 3}, "Recipient leaves by another route, try it in another transaction"}, Reply{}},                                               // ours
	SeparateTransaction:    {"separate-transaction", "The next hop takes the recipient, but not together with the others; the client may send it again.", Reply{452, [3]int{4, 5, 3}, "Try this recipient in another transaction"}, Reply{}},                                                         // ours
	MixedRecipients:        {"mixed-recipients", "The next hop changed its mind about some recipients.", r451(4, 5, 3, "Next hop takes some recipients only, try again"), Reply{}},                                                                                                                   // ours
	DomainNotFound:         {"domain-not-found", "The recipient's domain is not in the DNS.", r550(5, 1, 2, "Recipient domain does not exist"), Reply{}},                                                                                                                                             // ours
	DomainTakesNoMail:      {"domain-takes-no-mail", "The recipient's domain has a null MX.", Reply{556, [3]int{5, 1, 10}, "Recipient domain does not accept mail"}, Reply{}},                                                                                                                        // RFC 7505 section 5.1
	DNSUnavailable:         {"dns-unavailable", "The DNS gives no answer now.", r451(4, 4, 3, "Next hop can't be looked up now"), Reply{}},                                                                                                                                                           // ours
	NextHopNotFound:        {"next-hop-not-found", "The name of the next hop has no address.", r451(4, 4, 4, "Next hop does not exist"), Reply{}},                                                                                                                                                    // ours
	NextHopIsSelf:          {"next-hop-is-self", "The next hop is this server.", r451(4, 4, 6, "Next hop is this server"), Reply{}},                                                                                                                                                                  // ours
	NextHopUnreachable:     {"next-hop-unreachable", "No next hop could be reached.", r451(4, 4, 1, "Next hop could not be reached"), Reply{}},                                                                                                                                                       // ours
	NextHopLost:            {"next-hop-lost", "The connection to the next hop was lost.", r451(4, 4, 2, "Connection to the next hop was lost"), Reply{}},                                                                                                                                             // ours
	NextHopInsecure:        {"next-hop-insecure", "TLS with the next hop failed, or its certificate is not the right one.", r451(4, 7, 5, "Next hop could not be reached securely"), Reply{}},                                                                                                        // ours
	NextHopSecurity:        {"next-hop-security", "The next hop does not offer the TLS or authentication that the connector asks for, or refuses ours.", r451(4, 7, 0, "Next hop refused or lacks security that is required"), Reply{}},                                                              // ours
	NextHopTooSmall:        {"next-hop-too-small", "The next hop announces a limit that the message exceeds.", r552(5, 3, 4, "Message size exceeds the next hop's limit"), Reply{}},                                                                                                                  // ours
	NextHopWithoutUTF8:     {"next-hop-without-utf8", "The message needs SMTPUTF8 and the next hop lacks it.", r550(5, 6, 7, "Next hop doesn't support SMTPUTF8"), Reply{}},                                                                                                                          // RFC 6531 section 3.5
	NextHopNeedsConversion: {"next-hop-needs-conversion", "The message has 8-bit or binary content that the next hop does not take, in a part that must not be converted.", Reply{554, [3]int{5, 6, 3}, "Message can't be converted for a next hop that takes no 8-bit or binary content"}, Reply{}}, // RFC 6152 section 3
	NotRouted:              {"not-routed", "A message came to delivery without routes: a mistake in a program.", r451(4, 3, 5, "Recipients were not routed"), Reply{}},                                                                                                                               // ours
	MessageDamaged:         {"message-damaged", "The queue has lost some of the message.", Reply{554, [3]int{5, 3, 0}, "The message was damaged on the queue"}, Reply{}},                                                                                                                             // ours
	TemporaryError:         {"temporary-error", "The server failed; the client did nothing wrong.", r451(4, 3, 0, "Temporary server error. Please try again later"), Reply{}},
}

func r421(a, b, c int, text string) Reply { return Reply{421, [3]int{a, b, c}, text} }
func r451(a, b, c int, text string) Reply { return Reply{451, [3]int{a, b, c}, text} }
func r454(a, b, c int, text string) Reply { return Reply{454, [3]int{a, b, c}, text} }
func r500(a, b, c int, text string) Reply { return Reply{500, [3]int{a, b, c}, text} }
func r501(a, b, c int, text string) Reply { return Reply{501, [3]int{a, b, c}, text} }
func r503(a, b, c int, text string) Reply { return Reply{503, [3]int{a, b, c}, text} }
func r550(a, b, c int, text string) Reply { return Reply{550, [3]int{a, b, c}, text} }
func r552(a, b, c int, text string) Reply { return Reply{552, [3]int{a, b, c}, text} }
