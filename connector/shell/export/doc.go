// Package export reads what Exchange's shell exported, connectors, accepted and
// remote domains, permissions, Transport services and the organisation's limits,
// into a connector.Config.
//
// Read takes one file in any of four forms, which it tells apart by content:
//
//	Get-ReceiveConnector | Format-List > receive.txt
//	Get-ReceiveConnector | Export-Csv receive.csv
//	Get-ReceiveConnector | ConvertTo-Json > receive.json
//	Get-ReceiveConnector | Export-Clixml receive.xml
//
// CLIXML is the form that loses nothing. Merge puts any number of files together
// and gives the permissions to the connectors that they belong to. Every value
// keeps its file and line in Places.
//
// # What is an error and what a warning
//
// A value that can't be read, or that the export cut off, is an error with its
// file, line, property and what would be right. All errors of a file are
// reported at once, and nothing is returned from a file with an error.
//
// A property that is enforced or kept goes into the Config. One that is known and
// has no meaning here, Exchange's bookkeeping (Guid, WhenChanged) above all, is
// passed over, and so is one without a value. Every other one is a warning, and so
// is an object of another kind, and a property that policy depends on and the
// export leaves out. What needs no action is among the warnings as a note.
//
// # Permissions
//
// Get-ADPermission lists the rights that permission groups give and those that
// Add-ADPermission gave. Merge leaves out the former, which PermissionGroups gives
// again, and makes Permissions of the latter. A right that the groups give here and
// that the list doesn't have was taken away on the server, and Permissions takes it
// away here. A list that has none of a group's entries for its principal counts as
// incomplete. Principals are known by their well-known SIDs, if the export has them
// beside the names, because Windows translates the names. Rights to the directory
// object itself, such as those of administrators, aren't taken over. Inherited
// entries are, because they are effective. In Active Directory an entry of the
// connector itself beats an inherited denial; that can't be expressed here, and is a
// warning.
//
// Where PermissionGroups holds Custom, Add-ADPermission granted rights, and without
// an export of the permissions Merge warns that they are unknown.
//
// # Passwords
//
// No export holds them. A Send connector with a credential gets one with the
// user name, if the export has it, and an empty password, which connector.Compile
// refuses until somebody fills it in.
package export
