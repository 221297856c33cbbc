using System.Globalization;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>The ZFS engine for the laws on zvols.</summary>
public sealed class ZfsVolFixture : ZfsFixture
{
    private const int BlockBytes = 4096;

    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Block];

    public override IReadOnlyList<LawWaiver> Waivers =>
    [
        new("FileDiffTestBase", "A zvol has no files; the laws hold for file systems."),
        new("PortableTreeTestBase", "A zvol has no files; the laws hold for file systems."),
    ];

    private protected override IReadOnlyList<string> Layouts => ["compression=lz4", "compression=zstd", "compression=gzip", "compression=zle", "compression=lzjb", "compression=off"];

    private protected override Task MakeAsync(string name, long bytes, CancellationToken cancellationToken)
        => Pool.RunAsync(string.Create(CultureInfo.InvariantCulture, $"zfs create -s -V {bytes} -o volblocksize={BlockBytes} {name}"), name, bytes, cancellationToken);

    private protected override Task AwaitAsync(string name, long? bytes, CancellationToken cancellationToken) => Pool.Files.AwaitDeviceAsync($"/dev/zvol/{name}", bytes!.Value, cancellationToken);

    private protected override TestVolume Describe(VolumeInfo volume) => new(volume, new ZvolWriter(Pool, volume.Location.ToString(), BlockBytes));
}
