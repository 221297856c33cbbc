using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Tests.Output;

public sealed class SizesTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(4L << 30, "4 GiB")]
    [InlineData(long.MaxValue, "8 EiB")]
    public void Sizes_are_printed_for_people(long bytes, string expected) => Assert.Equal(expected, Sizes.Bytes(bytes));

    [Fact]
    public void Exact_sizes_keep_every_byte() => Assert.Equal("1,234,567 B (1.2 MiB)", Sizes.Exact(1_234_567));
}
