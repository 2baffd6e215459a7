Get-ReceiveConnector | ft Name, Bindings
$new = New-ReceiveConnector Relay -TransportRole FrontendTransport -Usage Custom -Bindings 10.2.3.4:25 -RemoteIPRanges 192.168.5.77
Set-ReceiveConnector Relay -MaxMessageSize 20MB -WhatIf
Get-ReceiveConnector Relay | fl Name, RemoteIPRanges, MaxMessageSize
"$($new.Name) has $(@($new.Bindings).Count) binding"
Get-ReceiveConnector -Server $env:COMPUTERNAME | Measure-Object | Select-Object Count
