using StorageEngines.LvmThin.Blocks;

namespace StorageEngines.LvmThin.Tests.Blocks;

public sealed class RunExtentsTests
{
    private static readonly MappingRun[] Recorded =
    [
        new(MappingKind.Same, 0, 16), new(MappingKind.Different, 16, 1), new(MappingKind.Same, 17, 15), new(MappingKind.LeftOnly, 32, 2), new(MappingKind.Same, 34, 478), new(MappingKind.RightOnly, 1600, 3),
    ];

    private static async Task<string> ChangedAsync(long baseBytes, long targetBytes, params MappingRun[] runs) => await JoinAsync(new RunExtents(10, baseBytes, targetBytes).ChangedAsync(RunsAsync(runs), default));

    private static async IAsyncEnumerable<MappingRun> RunsAsync(MappingRun[] runs)
    {
        foreach (MappingRun run in runs)
        {
            await Task.Yield();
            yield return run;
        }
    }

    private static async Task<string> JoinAsync(IAsyncEnumerable<Extent> extents)
    {
        var all = new List<Extent>();
        await foreach (Extent extent in extents)
        {
            all.Add(extent);
        }

        return string.Join("; ", all);
    }

    [Fact]
    public async Task The_recorded_difference_is_the_truth()
    {
        var extents = new RunExtents(65536, 512 << 20, 512 << 20);
        Assert.Equal("[1048576, 1114112) Data; [2097152, 2228224) Zero; [104857600, 105054208) Data", await JoinAsync(extents.ChangedAsync(RunsAsync(Recorded), default)));
    }

    [Fact]
    public async Task What_is_mapped_is_allocated()
    {
        var extents = new RunExtents(65536, 512 << 20, 512 << 20);
        MappingRun[] same = [new(MappingKind.Same, 0, 16), new(MappingKind.Same, 16, 4), new(MappingKind.Same, 30, 1)];
        Assert.Equal("[0, 1310720) Data; [1966080, 2031616) Data", await JoinAsync(extents.AllocatedAsync(RunsAsync(same), default)));
    }

    [Fact]
    public async Task Neighbours_of_one_kind_are_joined()
        => Assert.Equal("[0, 30) Data; [30, 40) Zero", await ChangedAsync(100, 100, new(MappingKind.Different, 0, 1), new(MappingKind.RightOnly, 1, 2), new(MappingKind.LeftOnly, 3, 1)));

    [Fact]
    public async Task What_is_behind_the_end_of_the_target_is_left_out()
        => Assert.Equal("[40, 45) Data", await ChangedAsync(100, 45, new(MappingKind.Different, 4, 3), new(MappingKind.LeftOnly, 8, 1)));

    [Theory]
    [InlineData(50)] // at the end of a chunk
    [InlineData(57)] // within one
    public async Task What_grew_is_told_whole_though_the_pool_says_that_both_have_it(long baseBytes)
        => Assert.Equal(
            "[0, 10) Data; [50, 70) Data; [70, 80) Zero; [80, 90) Data; [90, 120) Zero",
            await ChangedAsync(baseBytes, 120, new(MappingKind.Different, 0, 1), new(MappingKind.Same, 3, 4), new(MappingKind.RightOnly, 8, 1), new(MappingKind.LeftOnly, 9, 1)));

    [Fact]
    public async Task What_grew_and_is_empty_is_zero() => Assert.Equal("[50, 80) Zero", await ChangedAsync(50, 80));

    [Fact]
    public async Task Nothing_is_nothing() => Assert.Equal("", await ChangedAsync(100, 100));
}
