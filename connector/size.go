package connector

// ByteSize is a size in bytes, Exchange's ByteQuantifiedSize. Zero means the
// documented default where a default exists.
type ByteSize int64

// The units.
const (
	KB ByteSize = 1 << 10
	MB ByteSize = 1 << 20
	GB ByteSize = 1 << 30

	UnlimitedSize ByteSize = -1
)

// Limit is a count that may be Unlimited. Zero means the documented default
// unless it stands in a Setting.
type Limit int32

// Unlimited is the absence of a limit.
const Unlimited Limit = -1
