using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>The ZFS engine for the laws on file systems.</summary>
public sealed class DatasetFixture : ZfsFixture
{
    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Tree];

    public override IReadOnlyList<LawWaiver> Waivers =>
    [
        new("Law14_A_delta_from_a_base_without_data_works", "A bookmark is a base for zfs send; it does not know the names and sizes that files had, and the traits say so."),
    ];

    private protected override IReadOnlyList<string> Layouts =>
    [
        "recordsize=512", "recordsize=4K", "recordsize=16K", "recordsize=128K", "compression=lz4", "compression=zstd", "compression=off", "xattr=dir", "xattr=sa", "dnodesize=1k", "dnodesize=legacy",
    ];

    private protected override Task MakeAsync(string name, long bytes, CancellationToken cancellationToken) => Pool.RunAsync($"zfs create -o recordsize=4K -o xattr=sa {name}", cancellationToken);

    private protected override TestVolume Describe(VolumeInfo volume) => new(volume, new DatasetWriter(Pool.Files, $"/{volume.Location}"));
}
