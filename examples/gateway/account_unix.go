//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lookUpAccount returns the account for a value of -user, USER or USER:GROUP. Without GROUP it has all groups of the
// user, otherwise only that.
func lookUpAccount(value string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("only root can become another user, and the gateway was started by user %d; start it as root, or leave the flag out", os.Geteuid())
	}
	name, group, hasGroup := strings.Cut(value, ":")
	u, err := osuser.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("this machine has no user %q", name)
	}
	var groups []string
	if hasGroup {
		g, err := osuser.LookupGroup(group)
		if err != nil {
			return nil, fmt.Errorf("this machine has no group %q", group)
		}
		u.Gid, groups = g.Gid, []string{g.Gid}
	} else if groups, err = u.GroupIds(); err != nil {
		return nil, fmt.Errorf("the groups of %s can't be read: %w", name, err)
	}
	a := &account{name: name}
	if a.uid, err = strconv.Atoi(u.Uid); err != nil {
		return nil, err
	}
	if a.gid, err = strconv.Atoi(u.Gid); err != nil {
		return nil, err
	}
	for _, text := range groups {
		id, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		a.groups = append(a.groups, id)
	}
	if a.uid == 0 || a.gid == 0 {
		return nil, errors.New("that is root, whose rights are to be given up; give another user and group")
	}
	return a, nil
}

// owns returns an error unless a directory and everything in it belongs to the account.
func (a *account) owns(dir string) error {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) && path != dir {
			return nil // it was removed meanwhile
		}
		if err != nil {
			return err
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != a.uid {
			return fmt.Errorf("%s belongs to user %d, not to %s; set it right with: chown -R %s:%d %s", path, stat.Uid, a.name, a.name, a.gid, dir)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no such directory; make it with: install -d -m 0700 -o %s -g %d %s", a.name, a.gid, dir)
	}
	return err
}

// become makes all threads of the process run as the account, for good.
func (a *account) become() error {
	if err := syscall.Setgroups(a.groups); err != nil {
		return os.NewSyscallError("setgroups", err)
	}
	if err := syscall.Setgid(a.gid); err != nil {
		return os.NewSyscallError("setgid", err)
	}
	if err := syscall.Setuid(a.uid); err != nil {
		return os.NewSyscallError("setuid", err)
	}
	if syscall.Setuid(0) == nil || syscall.Setgid(0) == nil {
		return errors.New("the process can still become root")
	}
	return nil
}
