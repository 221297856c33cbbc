using System.Text.Json;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary>The full cycle on an image file.</summary>
public sealed class ImageCycleTests : IDisposable
{
    private const int Size = 8 << 20;
    private readonly CliProcess _cli = new();

    [Fact]
    public async Task A_block_difference_applied_to_the_restored_base_gives_the_live_image()
    {
        string image = _cli.At("disk.img");
        var bytes = new byte[Size];
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(image, bytes, TestContext.Current.CancellationToken);
        (await _cli.RunAsync("snapshot", "create", $"{image}@a")).Expect(0);
        using (FileStream file = File.OpenWrite(image))
        {
            file.Position = 3 << 20;
            file.Write(new byte[1000]);
        }

        (await _cli.RunAsync("snapshot", "create", $"{image}@b")).Expect(0);
        JsonElement[] extents = [.. (await _cli.RunAsync("changes", $"{image}@a", "@b", "--json")).Expect(0).JsonLines.SelectMany(line => line.GetProperty("extents").EnumerateArray())];
        Assert.Equal(3 << 20, Assert.Single(extents).GetProperty("offset").GetInt64());

        (await _cli.RunAsync("export", $"{image}@b", "--base", "@a", "-o", _cli.At("difference"))).Expect(0);
        (await _cli.RunAsync("restore", $"{image}@a", _cli.At("restored.img"))).Expect(0);
        (await _cli.RunAsync("apply", _cli.At("difference"), _cli.At("restored.img"))).Expect(0);
        Assert.Equal(await File.ReadAllBytesAsync(image, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(_cli.At("restored.img"), TestContext.Current.CancellationToken));
        (await _cli.RunAsync("verify", $"{image}@a", "@b")).Expect(0);
        (await _cli.RunAsync("diff", $"{image}@a", "@b")).Expect(9);
    }

    public void Dispose() => _cli.Dispose();
}
