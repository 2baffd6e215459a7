package control

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// MakeDir makes a data directory, and those above it. Only this user, administrators and
// the system may use it. One that exists stays as it is.
func MakeDir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(dir), 0o700)
	}
	if err != nil {
		return err
	}
	access, err := private("OICI") // files in it have the same list
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(dir)
	if err == nil {
		err = windows.CreateDirectory(name, access)
	}
	if err != nil {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: err}
	}
	return nil
}

// private returns the access list of what only this user, administrators and the system
// may use. flags says what inherits it.
func private(flags string) (*windows.SecurityAttributes, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	list := "D:P"
	for _, sid := range []string{"SY", "BA", user.User.Sid.String()} {
		list += "(A;" + flags + ";FA;;;" + sid + ")"
	}
	descriptor, err := windows.SecurityDescriptorFromString(list)
	if err != nil {
		return nil, err
	}
	return &windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{})), SecurityDescriptor: descriptor}, nil
}

// checkAccess returns an error unless a directory belongs to this user, administrators or
// the system, and its access list allows nothing to others.
func checkAccess(dir string, _ fs.FileInfo) error {
	descriptor, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("its access list can't be read: %w", err)
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	owner, _, err := descriptor.Owner()
	if err != nil {
		return fmt.Errorf("its owner can't be read: %w", err)
	}
	fix := fmt.Sprintf(`run icacls "%s" /setowner *%v, and then icacls "%[1]s" /inheritance:r /grant:r *%[2]v:(OI)(CI)F *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F`, dir, user.User.Sid)
	if !trusted(owner, user.User.Sid) {
		return fmt.Errorf("it must belong to the user that runs the gateway, administrators or the system, and its owner is %s: %s", account(owner), fix)
	}
	list, _, err := descriptor.DACL()
	if err != nil {
		return fmt.Errorf("its access list can't be read: %w", err)
	}
	other, err := allowedOther(list, user.User.Sid)
	if err == nil && other != "" {
		err = fmt.Errorf("only the user that runs the gateway, administrators and the system may use it, and its access list allows %s: %s", other, fix)
	}
	return err
}

// allowedOther returns the first account that an access list allows something to and that is
// not trusted; "" if there is no such account.
func allowedOther(list *windows.ACL, user *windows.SID) (string, error) {
	if list == nil {
		return "everyone, because there is no list", nil
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			return "", fmt.Errorf("its access list can't be read: %w", err)
		}
		switch entry.Header.AceType {
		case windows.ACCESS_DENIED_ACE_TYPE:
		case windows.ACCESS_ALLOWED_ACE_TYPE:
			if sid := (*windows.SID)(unsafe.Pointer(&entry.SidStart)); !trusted(sid, user) {
				return account(sid), nil
			}
		default:
			return "", fmt.Errorf("its access list has an entry of type %d, which can't be judged", entry.Header.AceType)
		}
	}
	return "", nil
}

// trusted reports whether sid is user, administrators, the system, or the owner of a file.
func trusted(sid, user *windows.SID) bool {
	if sid.Equals(user) {
		return true
	}
	for _, known := range []windows.WELL_KNOWN_SID_TYPE{
		windows.WinLocalSystemSid, windows.WinBuiltinAdministratorsSid, windows.WinCreatorOwnerSid, windows.WinCreatorOwnerRightsSid,
	} {
		if sid.IsWellKnown(known) {
			return true
		}
	}
	return false
}

// account returns the name of an account, or its number if it has no name here.
func account(sid *windows.SID) string {
	name, domain, _, err := sid.LookupAccount("")
	switch {
	case err != nil:
		return sid.String()
	case domain == "":
		return name
	}
	return domain + `\` + name
}

// mayUse returns which users can use the gateway of a directory.
func mayUse(fs.FileInfo) string { return "the user that runs it, administrators and the system" }

// checkIsOwner returns nil: the directory decides who may read a new file there.
func checkIsOwner(string, fs.FileInfo) error { return nil }
