// Package permission holds the extended rights of Exchange's SMTP connectors,
// the permission groups that bundle them, and the access list that decides
// what a principal may do.
//
// # Model
//
// A [Right] is one thing that a connector can allow, such as relaying
// ([AcceptAnyRecipient], which Exchange spells
// ms-Exch-SMTP-Accept-Any-Recipient). A [Set] is a set of rights. A
// [Principal] can hold rights and is known by one or more SIDs. A [Grant]
// allows or denies a Set to one [SID]. A [Group] stands for the grants of one
// of Exchange's permission groups; [Group.Grants] lists them. An [ACL] is the
// access list compiled from all grants of one connector.
//
// # Order of evaluation
//
// [ACL.Rights] collects every grant to any SID of the principal, in no order:
// a right is held when some grant allows it and none denies it. A deny beats an
// allow whichever SID each names, and whether a permission group or an explicit
// grant (Add-ADPermission) made it. No right is held by default: the zero
// Principal, the zero Grant, the zero Set and a nil ACL grant nothing.
//
// The anonymous principal is one SID among others. An authenticated principal
// doesn't carry it, so it doesn't inherit the grants to anonymous clients.
//
// # Names and SIDs
//
// The principals that exist only inside Exchange have the S-1-9 SIDs that Exchange
// gives them. Two principals are groups of a Windows domain, whose SIDs differ from
// domain to domain: Exchange Servers and ExchangeLegacyInterop. Interchange knows no
// domain and gives them fixed SIDs of its own, [SIDExchangeServers] and
// [SIDLegacyInterop], under the resource manager authority S-1-9, which Windows leaves
// to programs for SIDs of their own. Any other name, of a user or group, has the SID
// that [NameSID] derives from its spelling, letter case aside. A domain is part of the
// name: CONTOSO\printer and printer are two principals.
//
// # Where the sources differ
//
// For the 2007 edition the groups follow its permission group list, which does not give
// AnonymousUsers the right Accept-Authoritative-Domain-Sender. That right was seen on
// an Edge server of that edition; withholding it is the safer reading, and an explicit
// grant adds it. In that list the externally secured principal has every receive right;
// in the current edition it lacks the rights to organisation and forest headers.
//
// The rights of the ExchangeLegacyServers group contain no deny. Setup writes
// two into the Default connector only; [DefaultConnectorGrants] returns them.
//
// # Concurrency
//
// All values are immutable and safe for concurrent use.
package permission
