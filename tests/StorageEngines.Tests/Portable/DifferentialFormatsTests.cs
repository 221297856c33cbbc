using System.Formats.Tar;
using System.Text;

namespace StorageEngines.Tests.Portable;

public sealed class DifferentialFormatsTests
{
    [Theory]
    [InlineData("rbd diff v1\n", DifferentialFormat.Rbd)]
    [InlineData("rbd diff v2\nf", DifferentialFormat.Rbd)]
    [InlineData("btrfs-stream\0\u0001", DifferentialFormat.BtrfsSend)]
    public async Task Format_is_told_by_its_first_bytes(string head, DifferentialFormat expected)
    {
        var stream = new MemoryStream(Encoding.Latin1.GetBytes(head));
        Assert.Equal(expected, await DifferentialFormats.DetectAsync(stream));
        Assert.Equal(0, stream.Position);
    }

    [Fact]
    public async Task Tar_is_told_by_its_magic()
    {
        var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "d"));
        }

        stream.Position = 0;
        Assert.Equal(DifferentialFormat.Tar, await DifferentialFormats.DetectAsync(stream));
    }

    [Theory]
    [InlineData("")]
    [InlineData("rbd diff v")]
    public async Task Anything_else_is_refused(string head)
        => await Assert.ThrowsAsync<CorruptDataException>(() => DifferentialFormats.DetectAsync(new MemoryStream(Encoding.Latin1.GetBytes(head))));

    [Fact]
    public async Task An_RBD_diff_of_another_version_is_said_to_be_one()
    {
        var error = await Assert.ThrowsAsync<StorageEngineException>(() => DifferentialFormats.DetectAsync(new MemoryStream([.. "rbd diff v3\n"u8])));
        Assert.Equal(EngineReason.FormatTooNew, error.Reason);
    }

    [Fact]
    public async Task Peeked_stream_gives_every_byte_again()
    {
        byte[] content = [.. "rbd diff v1\n"u8, .. new byte[1000]];
        (DifferentialFormat format, Stream stream) = await DifferentialFormats.PeekAsync(new MemoryStream(content));
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        Assert.Equal(DifferentialFormat.Rbd, format);
        Assert.Equal(content, copy.ToArray());
    }
}
