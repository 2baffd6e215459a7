package export

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// Export is the content of one file. It must not be changed.
type Export struct {
	// Config holds the connectors and accepted domains, the connectors without
	// their explicit grants: those come with Merge.
	Config   connector.Config
	Places   source.Map
	Warnings source.Diagnostics // in the order of the text; notes need no action

	entries []entry
}

// Permissions returns how many entries of permission lists the file holds.
func (e *Export) Permissions() int { return len(e.entries) }

// Form is how a file is written.
type Form uint8

// The forms. Unknown means that the text has none of the other forms.
const (
	Unknown Form = iota
	List         // Format-List
	CSV          // Export-Csv
	JSON         // ConvertTo-Json
	CLIXML       // Export-Clixml
)

// String returns the name of the cmdlet that writes the form.
func (f Form) String() string {
	switch f {
	case List:
		return "Format-List"
	case CSV:
		return "Export-Csv"
	case JSON:
		return "ConvertTo-Json"
	case CLIXML:
		return "Export-Clixml"
	}
	return "unknown"
}

// The codes of what Read and Merge report, beside those of package source.
const (
	CodeNothingRead        source.Code = "nothing-read"        // error or note: a file holds no object that is read
	CodePermissionsMissing source.Code = "permissions-missing" // warning: an export lacks entries of a permission list
	CodeWorksDifferently   source.Code = "works-differently"   // warning or note: here it has another effect than on the old server
)

// entry is one right of one entry of a permission list.
type entry struct {
	source.Position
	identity  string // of the connector, as the export has it
	to        permission.SID
	right     permission.Right
	deny      bool
	inherited bool
}
