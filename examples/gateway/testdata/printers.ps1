New-AcceptedDomain -Name Fabrikam -DomainName fabrikam.com
New-ReceiveConnector -Name Printers -TransportRole FrontendTransport -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges 10.2.9.0/24 -PermissionGroups AnonymousUsers
Get-ReceiveConnector Printers | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient
New-SendConnector -Name Internet -Usage Internet -AddressSpaces * -SmartHosts smtpgateway1.contoso.com
