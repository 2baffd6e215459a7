Get-ReceiveConnector
class Relay {
  New-ReceiveConnector
}
function Add-Relay($name { Get-X }
Get-X )
$x == 5
try { Get-Foo }
Get-Foo
catch { Get-Bar }
New-ReceiveConnector -Name a
  -Server b
$x = @{ a = 1; b c
  d = 4 }
if ($x > 5) { Get-Foo } else if ($y) { }
Get-X -Name "a"b
[PS] C:\>Get-ReceiveConnector
Get-X -Name a ` 
Get-X (Get-Y -Z
Get-X
Set-ReceiveConnector Relay -RemoteIPRanges 10.0.0.1, | Get-X

do {
  Get-X
} while $y
