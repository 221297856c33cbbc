using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>The laws through librbd.</summary>
public class LibrbdFixture : CephRbdFixture
{
    private protected override IRbdHost MakeHost(Func<string, ValueTask> onStep) => new NativeRbdHost(Settings) { OnStep = onStep };
}
