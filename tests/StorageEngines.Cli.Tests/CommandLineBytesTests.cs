using System.Text;

namespace StorageEngines.Cli.Tests;

public sealed class CommandLineBytesTests
{
    [Fact]
    public void An_argument_that_is_not_utf8_comes_back_escaped()
    {
        byte[] raw = [.. "tool\0probe\0/srv/\xFF"u8[..^2], 0xFF, (byte)'x', 0];
        string lossy = Encoding.UTF8.GetString([.. "/srv/"u8, 0xFF, (byte)'x']);
        Assert.Equal(["probe", @"/srv/\xffx"], CommandLineBytes.Restore(["probe", lossy], raw));
    }

    [Fact]
    public void Arguments_that_are_utf8_stay_as_they_are()
        => Assert.Equal(["a\\b", "ü"], CommandLineBytes.Restore(["a\\b", "ü"], "tool\0a\\b\0ü\0"u8));
}
