using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Transfer;

namespace StorageEngines.Zfs.Tests.Transfer;

public sealed class StreamKindTests
{
    [Theory]
    [InlineData(VolumeKind.Block, false, "", "-c -e -L", "-w")]
    [InlineData(VolumeKind.Block, true, "", "-c -e -L", "-w")]
    [InlineData(VolumeKind.Tree, false, "", "-c -L", "-c -L")]
    [InlineData(VolumeKind.Tree, true, "", "-c -L", "-w")]
    public void Blocks_of_files_are_never_embedded(VolumeKind kind, bool isEncrypted, string plain, string compressed, string raw)
    {
        var of = new Dataset("tank/x", kind, 1, 1, null, null, 4096, null, false) { IsEncrypted = isEncrypted };
        Assert.Equal([plain, compressed, raw], new[] { StreamKind.Plain, StreamKind.Compressed, StreamKind.Raw }.Select(each => string.Join(' ', each.Options(of))));
    }
}
