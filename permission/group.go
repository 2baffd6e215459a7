package permission

// Profile picks the edition of Exchange whose defaults, presets and replies
// apply. The zero Profile is the current one.
type Profile uint8

// The profiles.
const (
	Current      Profile = iota // Exchange 2016, 2019 and Subscription Edition
	Exchange2007                // Exchange Server 2007, the edition of the administrator's guide
)

// Group is a set of permission groups, the flags of PermissionGroups.
type Group uint16

// The permission groups.
const (
	AnonymousUsers Group = 1 << iota
	ExchangeUsers
	ExchangeServers
	ExchangeLegacyServers
	Partners
	Custom
)
