using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.Transport;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>The same by the program on this machine; each question is some ten programs.</summary>
[Trait("Length", "long")]
public sealed class RbdProgramRandomImageTests() : RandomImageTestBase(usualCount: 5)
{
    private protected override IRbdHost MakeHost(CephRbdSettings settings) => new CommandRbdHost(new LocalCommandRunner(), settings);
}
