using StorageEngines.Portable.Trees;

namespace StorageEngines.Tests.Portable.Trees;

public sealed class PathSorterTests
{
    [Theory]
    [InlineData(false, 300)]
    [InlineData(true, 300)]
    [InlineData(false, 5000)]
    [InlineData(true, PathSorter.DefaultLimitBytes)]
    public void Random_paths_come_out_once_in_order_with_all_their_flags(bool descending, int limit)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var model = new Dictionary<BytePath, byte>();
            using var sorter = new PathSorter(descending, limit);
            for (int i = random.Next(2000); i > 0; i--)
            {
                var bytes = new byte[random.Next(random.Next(20) == 0 ? 5000 : 12)];
                random.NextBytes(bytes);
                for (int b = 0; b < bytes.Length; b++)
                {
                    bytes[b] = (byte)("ab/\u00ff"[bytes[b] % 4]);
                }

                byte flags = (byte)(1 << random.Next(8));
                var path = new BytePath(bytes);
                model[path] = (byte)(model.GetValueOrDefault(path) | flags);
                sorter.Add(path, flags);
            }

            List<(BytePath, byte)> expected = [.. (descending ? model.OrderByDescending(m => m.Key) : model.OrderBy(m => m.Key)).Select(m => (m.Key, m.Value))];
            Assert.Equal(expected, sorter.Sorted());
            Assert.Equal(expected, sorter.Sorted());
        }
    }

    [Fact]
    public void Many_of_the_same_stay_in_memory()
    {
        using var sorter = new PathSorter(descending: false, 10_000);
        for (int i = 0; i < 100_000; i++)
        {
            sorter.Add(BytePath.FromString($"d{i % 50}"));
        }

        Assert.Equal(0, sorter.SpooledBytes);
        Assert.Equal(50, sorter.Sorted().Count());
    }
}
