using StorageEngines.RbdDiffs;

namespace StorageEngines.Tests.Portable;

/// <summary>Diffs whose names are those that snapshots have, and which say behind their end which snapshots these are.</summary>
public sealed class RbdDiffSourceTests : IDisposable
{
    private const int Size = 5000;

    private static readonly Guid First = Guid.Parse("11111111-2222-8333-8444-555555555555");
    private static readonly Guid Second = Guid.Parse("aaaaaaaa-bbbb-8ccc-8ddd-eeeeeeeeeeee");

    private readonly ScratchDirectory _scratch = new();

    private ApplyOptions Options => new() { StateDirectory = _scratch.State };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_is_behind_the_end_is_read(int version)
    {
        Assert.Equal((new RbdDiffSource(null, First), true), await ReadAsync(await FullAsync(version)));
        Assert.Equal((new RbdDiffSource(First, Second), true), await ReadAsync(await IncrementAsync(version)));
    }

    [Fact]
    public async Task The_words_are_as_documented()
    {
        byte[] stream = await IncrementAsync();
        string end = System.Text.Encoding.ASCII.GetString(stream)[^(RbdDiffSource.Length + 44)..^32];
        Assert.Equal($"seng-source\n{First}\n{Second}\nseng-sha256\n", end);
        Assert.Contains("seng-source\n------------------------------------\n", System.Text.Encoding.ASCII.GetString(await FullAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_truncation_but_that_behind_the_end_is_refused()
    {
        byte[] stream = await IncrementAsync();
        int whole = stream.Length - RbdDiffSections.HeadBytes - sizeof(uint) - RbdDiffSource.Length - 44; // what is left is another program's stream, and whole
        for (int length = 0; length < stream.Length; length++)
        {
            if (length != whole)
            {
                await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync(stream[..length]));
            }
        }

        Assert.Equal((null, false), await ReadAsync(stream[..whole]));
    }

    [Fact]
    public async Task Every_flipped_bit_is_found()
    {
        byte[] stream = await IncrementAsync();
        for (int bit = 0; bit < stream.Length * 8; bit++)
        {
            byte[] damaged = [.. stream];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            await Assert.ThrowsAsync<CorruptDataException>(() => ReadAsync(damaged));
        }
    }

    [Fact]
    public async Task Both_ends_have_to_fit()
    {
        await Assert.ThrowsAsync<CorruptDataException>(async () => await ReadAsync(await WriteAsync(1, "monday", "tuesday", new RbdDiffSource(null, Second), 1)));
        await Assert.ThrowsAsync<CorruptDataException>(async () => await ReadAsync(await WriteAsync(1, null, "tuesday", new RbdDiffSource(First, Second), 1)));
    }

    [Fact]
    public async Task An_image_file_follows_by_what_is_behind_the_end()
    {
        BytePath image = _scratch.Bytes("image");
        byte[] increment = await IncrementAsync(), other = await WriteAsync(1, "monday", "tuesday", new RbdDiffSource(Second, First), 7);
        await BlockDifferential.ApplyAsync(new MemoryStream(await FullAsync()), image, Options);
        Assert.Equal(Content(1), File.ReadAllBytes(_scratch["image"]));

        await Assert.ThrowsAsync<BaseMismatchException>(() => BlockDifferential.ApplyAsync(new MemoryStream(other), image, Options));
        Assert.Equal(Content(1), File.ReadAllBytes(_scratch["image"]));
        await BlockDifferential.ApplyAsync(new MemoryStream(increment), image, Options);
        Assert.Equal(Content(2), File.ReadAllBytes(_scratch["image"]));
        BaseMismatchException again = await Assert.ThrowsAsync<BaseMismatchException>(() => BlockDifferential.ApplyAsync(new MemoryStream(increment), image, Options));
        Assert.Contains("already", again.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _scratch.Dispose();

    private static Task<byte[]> FullAsync(int version = 1) => WriteAsync(version, null, "monday", new RbdDiffSource(null, First), 1);

    private static Task<byte[]> IncrementAsync(int version = 1) => WriteAsync(version, "monday", "tuesday", new RbdDiffSource(First, Second), 2);

    private static byte[] Content(byte value)
    {
        byte[] content = new byte[Size];
        content.AsSpan(100, 50).Fill(value);
        return content;
    }

    private static async Task<byte[]> WriteAsync(int version, string? from, string to, RbdDiffSource source, byte value)
    {
        using var output = new MemoryStream();
        using var writer = new RbdDiffWriter(output, version);
        await writer.WriteHeaderAsync(from is null ? null : System.Text.Encoding.ASCII.GetBytes(from), System.Text.Encoding.ASCII.GetBytes(to), Size, CancellationToken.None);
        await writer.WriteDataAsync(100, Content(value).AsMemory(100, 50), CancellationToken.None);
        await writer.WriteZeroAsync(1000, 10, CancellationToken.None);
        await writer.WriteEndAsync(source, CancellationToken.None);
        return output.ToArray();
    }

    private static async Task<(RbdDiffSource? Source, bool Verified)> ReadAsync(byte[] stream)
    {
        using var reader = new RbdDiffReader(new MemoryStream(stream), "diff");
        await reader.ReadHeaderAsync(CancellationToken.None);
        while (await reader.ReadRecordAsync(CancellationToken.None) is not null)
        {
        }

        return (reader.Source, reader.Verified);
    }
}
