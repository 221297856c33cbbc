using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Reading;

/// <summary>What moved inside a file is told by the two lists of blocks, and is true.</summary>
public sealed class MovedContentTests
{
    private static readonly BytePath Name = BytePath.FromString("file");

    [Fact]
    public async Task Matches_are_in_order_and_true_for_random_edits()
    {
        using var scratch = new EngineScratch();
        long matched = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            byte[] before = Bytes(random, random.Next(1, 3_000_000));
            before.AsSpan(before.Length / 3, before.Length / 4).Clear();
            byte[] after = Edit(random, before);
            SnapshotInfo first = await TakeAsync(scratch, before, $"a{seed}");
            SnapshotInfo second = await TakeAsync(scratch, after, $"b{seed}");
            scratch.ForgetReads();
            long end = 0;
            await foreach (ContentMatch match in ListAsync(scratch, first, second))
            {
                Assert.True(match.Length > 0 && match.Offset >= end && match.Offset != match.BaseOffset, $"seed {seed}: {match}");
                Assert.True(
                    after.AsSpan((int)match.Offset, (int)match.Length).SequenceEqual(before.AsSpan((int)match.BaseOffset, (int)match.Length)), $"seed {seed}: {match}");
                end = match.Offset + match.Length;
                matched += match.Length;
            }

            Assert.Empty(scratch.Opened);
        }

        Assert.True(matched > 1_000_000, $"only {matched} bytes were told to have moved");
    }

    [Fact]
    public async Task Everything_behind_an_insertion_is_one_match()
    {
        using var scratch = new EngineScratch();
        var random = new Random(77);
        byte[] before = Bytes(random, (4 << 20) + 123); // a whole number of sectors would be taken for an image
        SnapshotInfo first = await TakeAsync(scratch, before, "a");
        SnapshotInfo second = await TakeAsync(scratch, [.. Bytes(random, 1000), .. before], "b");
        ContentMatch match = Assert.Single(await ListAsync(scratch, first, second).ToListAsync());
        Assert.Equal(1000, match.Offset - match.BaseOffset);
        Assert.InRange(match.Length, (4 << 20) - (600 << 10), 4 << 20);
    }

    private static IAsyncEnumerable<ContentMatch> ListAsync(EngineScratch scratch, SnapshotInfo from, SnapshotInfo to)
        => scratch.Engine.Feature<IContentMatches>()!.ListAsync(new DeltaQuery(from.ChangeToken!, to.Ref) { Path = Name });

    private static Task<SnapshotInfo> TakeAsync(EngineScratch scratch, byte[] content, string name)
    {
        File.WriteAllBytes(scratch.At("file"), content);
        return scratch.SnapshotAsync(name);
    }

    private static byte[] Edit(Random random, byte[] content)
    {
        var edited = new List<byte>(content);
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int at = random.Next(edited.Count + 1);
            int count = Math.Min(random.Next(1, 300_000), edited.Count - at);
            List<byte> part = edited.GetRange(at, count);
            edited.RemoveRange(at, random.Next(2) * count);
            edited.InsertRange(random.Next(edited.Count + 1), random.Next(2) == 0 ? part : Bytes(random, count));
        }

        return [.. edited];
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
