namespace StorageEngines.Transport.Tests;

public sealed class SecretResolverTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-secret-").FullName;
    private readonly SecretResolver _resolver = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("hunter2\n", "hunter2")]
    [InlineData("hunter2\r\n", "hunter2")]
    [InlineData(" a b \n\n", " a b \n")]
    [InlineData("ohne", "ohne")]
    public async Task File_is_read_less_one_line_break(string content, string secret)
        => Assert.Equal(secret, await _resolver.ResolveAsync(Write(content)));

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task File_that_others_may_read_is_refused_and_not_shown()
    {
        SecretReference reference = Write("hunter2");
        File.SetUnixFileMode(reference.Location, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        StorageEngineException e = await Assert.ThrowsAsync<StorageEngineException>(async () => await _resolver.ResolveAsync(reference));
        Assert.Equal(EngineStatus.Unauthenticated, e.Status);
        Assert.Contains("chmod 600", e.Message);
        Assert.DoesNotContain("hunter2", e.ToString());
    }

    [Fact]
    public async Task What_is_not_there_is_named()
    {
        StorageEngineException file = await Assert.ThrowsAsync<StorageEngineException>(
            async () => await _resolver.ResolveAsync(SecretReference.Parse("file:/seng-test/none")));
        Assert.Contains("file:/seng-test/none", file.Message);
        StorageEngineException variable = await Assert.ThrowsAsync<StorageEngineException>(
            async () => await _resolver.ResolveAsync(SecretReference.Parse("env:SENG_TEST_NONE")));
        Assert.Contains("env:SENG_TEST_NONE", variable.Message);
    }

    [Fact]
    public async Task Oversized_file_is_refused()
        => await Assert.ThrowsAsync<StorageEngineException>(async () => await _resolver.ResolveAsync(Write(new string('x', 70_000))));

    private SecretReference Write(string content)
    {
        string path = Path.Combine(_directory, "secret");
        File.WriteAllText(path, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return SecretReference.Parse("file:" + path);
    }
}
