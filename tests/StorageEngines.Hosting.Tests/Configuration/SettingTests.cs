using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace StorageEngines.Hosting.Tests;

public sealed class SettingTests
{
    private static readonly EngineSetting[] Known =
        [new("store", "The directory.", Required: true), new("password", "Where the password is.", IsSecret: true), new("color", "Any.")];

    [Fact]
    public async Task Address_overrides_configuration()
    {
        var factory = new StubFactory("one", null, Known);
        await using ServiceProvider services = Configured(factory, ("store", "/configured"), ("color", "red"));
        await using ResolvedVolume resolved = await services.Catalog().ResolveAsync(VolumeAddress.Parse("one:/srv?store=/other"));
        EngineContext context = Assert.Single(factory.Made).Context;
        Assert.Equal("/other", context.Settings["store"]);
        Assert.Equal("red", context.Settings["color"]);
        Assert.True(context.Commands.IsLocal);
    }

    [Fact]
    public async Task Unknown_setting_is_named_with_those_that_exist()
    {
        StorageEngineException e = await OpenFails(("store", "/s"), ("stoer", "/typo"));
        Assert.Contains("no setting 'stoer'", e.Message);
        Assert.Contains("color, password, store", e.Message);
        Assert.DoesNotContain("/typo", e.Message);
    }

    [Fact]
    public async Task Missing_setting_is_named_with_its_description()
        => Assert.Contains("needs the setting 'store': The directory.", (await OpenFails()).Message);

    [Fact]
    public async Task Secret_by_value_is_refused_and_not_repeated()
    {
        StorageEngineException e = await OpenFails(("store", "/s"), ("password", "hunter2"));
        Assert.Contains("'password'", e.Message);
        Assert.DoesNotContain("hunter2", e.ToString());
    }

    [Fact]
    public async Task Secret_by_reference_reaches_the_engine_as_a_reference()
    {
        var factory = new StubFactory("one", null, Known);
        await using ServiceProvider services = Configured(factory, ("store", "/s"), ("password", "env:PW"));
        await using IStorageEngine engine = services.Catalog().OpenEngine("one");
        Assert.Equal("env:PW", Assert.Single(factory.Made).Context.Settings["password"]);
    }

    [Fact]
    public async Task Check_finds_every_problem_at_once()
    {
        await using ServiceProvider services = Configured(new StubFactory("one", null, Known), ("password", "hunter2"), ("x", "y"));
        IReadOnlyList<string> problems = await services.Catalog().CheckConfigurationAsync();
        Assert.Equal(3, problems.Count);
        Assert.DoesNotContain(problems, problem => problem.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Configuration_section_is_read()
    {
        IConfiguration configuration = Read("""
            { "StorageEngines": { "PluginDirectories": ["/a", "/b"], "Engines": { "zfs": { "host": "h", "timeout": 5 } } } }
            """);
        await using ServiceProvider services = new ServiceCollection().AddStorageEngines(configuration).BuildServiceProvider();
        StorageEnginesOptions options = services.GetRequiredService<IOptions<StorageEnginesOptions>>().Value;
        Assert.Equal(["/a", "/b"], options.PluginDirectories);
        Assert.Equal("h", options.Engines["zfs"]["host"]);
        Assert.Equal("5", options.Engines["zfs"]["timeout"]);
    }

    [Theory]
    [InlineData("""{ "StorageEngines": { "PlugInDirs": ["/a"] } }""", "'StorageEngines:PlugInDirs' is not known")]
    [InlineData("""{ "StorageEngines": { "Engines": { "zfs": { "host": { "secret-word": "x" } } } } }""", "'StorageEngines:Engines:zfs:host' has to be")]
    [InlineData("""{ "StorageEngines": { "Engines": { "Z F S": { } } , "PluginDirectories": [" "] } }""", "PluginDirectories holds an empty path")]
    [InlineData("""{ "StorageEngines": { "Engines": { "zfs": { "Bad Name": "x" } } } }""", "Engines:zfs:Bad Name is no setting's name")]
    public async Task Wrong_configuration_is_named(string json, string words)
    {
        await using ServiceProvider services = new ServiceCollection().AddStorageEngines(Read(json)).BuildServiceProvider();
        Exception e = await Assert.ThrowsAnyAsync<Exception>(async () => await services.Catalog().ListAsync());
        Assert.True(e is FormatException or OptionsValidationException, e.ToString());
        Assert.Contains(words, e.Message);
    }

    [Fact]
    public async Task Argument_exception_of_a_factory_becomes_a_request_to_fix()
    {
        await using ServiceProvider services = new ServiceCollection().AddStorageEngine<RefusingFactory>().BuildServiceProvider();
        StorageEngineException e = Assert.Throws<StorageEngineException>(() => services.Catalog().OpenEngine("refusing"));
        Assert.Equal(EngineStatus.InvalidArgument, e.Status);
        Assert.Contains("color is not a color", e.Message);
        EngineDescriptor engine = Assert.Single(await services.Catalog().ListAsync());
        Assert.Equal("built in", engine.Origin);
        Assert.Equal(0, engine.OpenEngines);
    }

    private static IConfiguration Read(string json)
        => new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json))).Build();

    private static ServiceProvider Configured(StubFactory factory, params (string Name, string Value)[] settings)
        => Host.With(options => options.Engines.Add("one", settings.ToDictionary(s => s.Name, s => s.Value)), factory);

    private static async Task<StorageEngineException> OpenFails(params (string Name, string Value)[] settings)
    {
        var factory = new StubFactory("one", null, Known);
        await using ServiceProvider services = Configured(factory, settings);
        StorageEngineException e = Assert.Throws<StorageEngineException>(() => services.Catalog().OpenEngine("one"));
        Assert.Equal(EngineStatus.InvalidArgument, e.Status);
        Assert.Empty(factory.Made);
        return e;
    }

    /// <summary>Public, as DI makes it.</summary>
    public sealed class RefusingFactory : IStorageEngineFactory
    {
        public string Scheme => "refusing";

        public IStorageEngine Create(EngineContext context) => throw new ArgumentException("color is not a color");
    }
}
