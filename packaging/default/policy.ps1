# The policy of the relay, in Exchange's commands. After a change run:
#
#   gateway check /etc/interchange/policy.ps1
#   systemctl reload interchange
#
# As it stands, clients on this machine can connect, and nothing is relayed.

# The connectors of a fresh Exchange server listen on all addresses.
Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false

New-ReceiveConnector -Name Local -Usage Custom -Bindings 127.0.0.1:25 -RemoteIPRanges 127.0.0.1 -PermissionGroups AnonymousUsers

# Programs on this machine may send to any domain:
# Get-ReceiveConnector Local | Add-ADPermission -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient

# Printers of one network may, too:
# New-ReceiveConnector -Name Printers -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges 10.2.9.0/24 -PermissionGroups AnonymousUsers
# Get-ReceiveConnector Printers | Add-ADPermission -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient

# Where mail goes: to a smart host, or without -SmartHosts to the servers that DNS names.
# New-SendConnector -Name Internet -AddressSpaces * -SmartHosts smtp.example.net
