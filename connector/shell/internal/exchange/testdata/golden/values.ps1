# what can mean one thing only is taken as that
New-ReceiveConnector Joined -Bindings '10.2.3.4:2525|10.2.3.5:2525' -RemoteIPRanges '10.0.0.1; 10.0.0.2-10.0.0.9|10.3.0.0/16' -Usage Custom -PermissionGroups Anon | fl Bindings, RemoteIPRanges, PermissionGroups
Set-ReceiveConnector Joined -PermissionGroups 13 -AuthMechanism 'tls; basicauth' -ProtocolLoggingLevel 1 -SizeEnabled 2 -ExtendedProtectionPolicy Req -MessageRateSource IP
Get-ReceiveConnector Joined | fl PermissionGroups, AuthMechanism, ProtocolLoggingLevel, SizeEnabled, ExtendedProtectionPolicy, MessageRateSource
Set-ReceiveConnector Joined -TarpitInterval 0 -MaxAcknowledgementDelay '0' -AuthTarpitInterval 00:00:00 -TlsCertificateName '<i>CN=Contoso CA<s>CN=mail.contoso.com'
Get-ReceiveConnector Joined | fl TarpitInterval, MaxAcknowledgementDelay, AuthTarpitInterval, TlsCertificateName
New-SendConnector Spaces -AddressSpaces 'smtp:fabrikam.com;5;*.fabrikam.com;7|example.org' -SmartHosts '10.0.0.1, relay.contoso.com' | fl AddressSpaces, SmartHosts
New-AcceptedDomain Inside -DomainName inside.contoso.com -DomainType Internal | fl DomainType
@'
Name,$_.RemoteIPRanges,Port,Groups
Printers,10.4.0.0/24;10.5.0.7,2526,AnonymousUsers|ExchangeUsers
'@ -split "`n" | ConvertFrom-Csv | ForEach-Object {
    New-ReceiveConnector -Name $_.Name -Usage Custom -Bindings "10.2.3.4:$($_.Port)" -RemoteIPRanges $_.RemoteIPRanges -PermissionGroups $_.Groups
} | fl Name, Bindings, RemoteIPRanges, PermissionGroups
# names compare as Windows compares them
New-ReceiveConnector ΣΊΣΥΦΟΣ -Usage Custom -Bindings 10.2.3.4:2527 -RemoteIPRanges 10.6.0.1 | Out-Null
(Get-ReceiveConnector σίσυφος).Name; (Get-ReceiveConnector 'ex01\Σίσυφ*').Name
$ΔΟΚΙΜΉ = 'variable'; $δοκιμή
# and what can't, isn't
Set-ReceiveConnector Joined -TarpitInterval 5
Set-ReceiveConnector Joined -PermissionGroups Exchange
Set-ReceiveConnector Joined -PermissionGroups 64
Set-ReceiveConnector Joined -ProtocolLoggingLevel 2
Set-ReceiveConnector Joined -RemoteIPRanges '10.0.0.1;nonsense'
Set-SendConnector Spaces -AddressSpaces 'a.com;101;b.com'
