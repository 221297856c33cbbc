using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.Platform.Tests.CephRbd;

public sealed class LibrbdFaultTests : CephRbdFaultTestBase
{
    private protected override IRbdHost MakeHost(CephRbdSettings settings, Func<string, ValueTask>? onStep) => new NativeRbdHost(settings) { OnStep = onStep };
}
