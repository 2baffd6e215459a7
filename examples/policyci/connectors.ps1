# The policy in use: scanners and the Internet gateway may relay, mail for fabrikam.com goes to the mailboxes.
New-AcceptedDomain -Name "Fabrikam" -DomainName fabrikam.com
New-ReceiveConnector -Name "Scanners" -TransportRole FrontendTransport -Usage Custom -PermissionGroups AnonymousUsers `
    -Bindings 10.2.3.4:25 -RemoteIPRanges 192.168.5.77, 192.168.6.0/28 -MaxMessageSize 5MB
Get-ReceiveConnector "Scanners" | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights "ms-Exch-SMTP-Accept-Any-Recipient"
New-SendConnector -Name "ToInternet" -AddressSpaces * -SmartHosts smtpgateway1.contoso.com
New-SendConnector -Name "ToMailboxes" -AddressSpaces fabrikam.com -SmartHosts 10.2.3.9
