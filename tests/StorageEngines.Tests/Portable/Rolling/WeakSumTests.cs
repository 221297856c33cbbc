using StorageEngines.Portable.Rolling;

namespace StorageEngines.Tests.Portable.Rolling;

public sealed class WeakSumTests
{
    [Fact]
    public void Sum_is_what_its_definition_says()
    {
        var random = new Random(1);
        for (int length = 0; length < 300; length++)
        {
            byte[] bytes = RandomEdits.Bytes(random, length);
            Assert.Equal(Define(bytes), WeakSum.Of(bytes));
        }
    }

    [Fact]
    public void Largest_blocks_of_the_largest_bytes_wrap_around()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)255, 1 << 20)];
        Assert.Equal(Define(bytes), WeakSum.Of(bytes));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(1024)]
    public void Rolling_is_as_good_as_summing(int length)
    {
        byte[] bytes = RandomEdits.Bytes(new Random(length), length + 500);
        WeakSum sum = WeakSum.Of(bytes.AsSpan(0, length));
        for (int at = 0; at < 500; at++)
        {
            Assert.Equal(WeakSum.Of(bytes.AsSpan(at, length)), sum);
            sum = sum.Roll(length, bytes[at], bytes[at + length]);
        }
    }

    private static WeakSum Define(byte[] bytes)
    {
        ulong a = 0;
        ulong b = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            a += bytes[i];
            b += (ulong)(bytes.Length - i) * bytes[i];
        }

        return new WeakSum((uint)(a & uint.MaxValue), (uint)(b & uint.MaxValue));
    }
}
