using System.Buffers.Binary;
using System.Text;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Tests.Walk;

public sealed class NameKeyTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(5000)]
    public void Names_come_in_the_order_of_their_bytes(int count)
    {
        var random = new Random(count);
        for (int round = 0; round < 20; round++)
        {
            Check([.. Enumerable.Range(0, count).Select(_ => Name(random)).Distinct()]);
        }
    }

    [Fact]
    public void Sorted_reversed_equal_and_organ_pipe_orders_are_sorted()
    {
        string[] names = [.. Enumerable.Range(0, 3000).Select(i => $"file-with-a-long-common-beginning-{i:D6}")];
        Check(names);
        Check([.. names.Reverse()]);
        Check([.. names, .. names]);
        Check([.. Enumerable.Repeat("same", 500)]);
        Check([.. names.Where((_, i) => i % 2 == 0), .. names.Where((_, i) => i % 2 == 1).Reverse()]);
    }

    [Fact]
    public void An_order_made_to_defeat_the_median_is_sorted_in_bounded_time()
    {
        // The median-of-three killer: without a bound this takes n * n / 4 steps, here ten thousand million.
        const int Count = 200_000;
        var order = new int[Count];
        for (int i = 0; i < Count / 2; i++)
        {
            order[i] = (i % 2 == 0) ? i + 1 : (Count / 2) + i + 1;
            order[(Count / 2) + i] = 2 * (i + 1);
        }

        Check([.. order.Select(i => $"{i:D8}")]);
    }

    private static string Name(Random random)
    {
        var text = new StringBuilder();
        for (int i = random.Next(1, 14); i > 0; i--)
        {
            text.Append((char)random.Next('a', 'd'));
        }

        return text.ToString();
    }

    private static void Check(string[] texts)
    {
        var names = new List<byte>();
        var keys = new NameKey[texts.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            byte[] name = Encoding.UTF8.GetBytes(texts[i]);
            var first = new byte[8];
            name.AsSpan(0, Math.Min(8, name.Length)).CopyTo(first);
            keys[i] = new NameKey(BinaryPrimitives.ReadUInt64BigEndian(first), names.Count, name.Length);
            names.AddRange(name);
            names.Add(0);
        }

        byte[] bytes = [.. names];
        NameKey.Sort(keys, bytes);
        Assert.Equal(texts.Order(StringComparer.Ordinal), keys.Select(key => Encoding.UTF8.GetString(bytes, key.Start, key.Length)));
    }
}
