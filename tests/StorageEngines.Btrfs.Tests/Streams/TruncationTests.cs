using StorageEngines.Btrfs.Tests.Changes;
using StorageEngines.BtrfsStreams;
using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Btrfs.Tests.Streams;

/// <summary>
/// Recorded streams that end early. Every length of them with <c>SENG_FUZZ_SECONDS</c> set; else every length of what is not the inside of data, and every 61st of that.
/// </summary>
public sealed class TruncationTests
{
    private const int Near = 40; // bytes around the boundary of two commands
    private const int Step = 61;

    [Fact]
    public void Every_truncation_of_every_vector_is_an_error_with_its_offset()
    {
        bool all = Environment.GetEnvironmentVariable("SENG_FUZZ_SECONDS") is not null;
        List<(string Case, string File)> streams = [.. Vectors.Streams()];
        streams.AddRange(from kind in new[] { "zlib", "zstd", "lzo" } from side in new[] { "base", "incr" } select ("compressed", $"{kind}.{side}.send"));
        long lengths = 0;
        foreach ((string name, string file) in streams)
        {
            byte[] stream = BtrfsVectors.Read(name, file);
            bool[] structure = Structure(stream);
            for (int length = 0; length < stream.Length; length++)
            {
                if (!all && !structure[length] && length % Step != 0)
                {
                    continue;
                }

                lengths++;
                CorruptDataException? error = TryRead(stream, length);
                Assert.True(error?.Offset == length, $"{name}/{file} cut at {length}: {error?.Message ?? "it was taken"}");
                Assert.Contains("byte ", error!.Message, StringComparison.Ordinal);
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{lengths} truncations of {streams.Count} streams");
    }

    private static CorruptDataException? TryRead(byte[] stream, int length)
    {
        try
        {
            var reader = new BtrfsSendReader(new MemoryStream(stream, 0, length), "stream");
            while (reader.Read())
            {
                Assert.NotEqual(BtrfsCommand.Unspecified, reader.Command);
            }

            return null;
        }
        catch (CorruptDataException e)
        {
            return e;
        }
    }

    private static bool[] Structure(byte[] stream)
    {
        var near = new bool[stream.Length];
        int at = BtrfsSendFormat.StreamHeaderLength;
        foreach (byte[] command in StreamCommandList.Of(stream).Commands.Prepend([]))
        {
            at += command.Length;
            near.AsSpan(Math.Max(0, at - Near), Math.Min(stream.Length, at + Near) - Math.Max(0, at - Near)).Fill(true);
        }

        return near;
    }
}
